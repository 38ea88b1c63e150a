import { parseUnderlay, scopeOf } from '@skep/identity'
import type { Random } from '@skep/interface'
import { toHex } from '@skep/pot'
import type { Limits } from './options.ts'
import type { DialTarget } from './types.ts'

interface Bootstrap {
  attempts: number
  nextAt: number
}

/** An underlay that did not answer. */
interface Miss {
  readonly count: number
  /** Until when others of the same address are tried before it. */
  readonly until: number
}

/** A dial that is on its way or waits for its time. */
interface Dial {
  readonly id: number
  readonly target: DialTarget
  readonly bootstrap?: Bootstrap
}

/** Spread of a back-off around its value, so that nodes that lost the same peer do not come back in step. */
const JITTER = 0.15
/** Intervals for which a dial may hold its slot: a crowd in one subnet must not keep others from being dialled. */
const MAX_WAIT = 2
/** Subnets whose last dial is remembered; the oldest go first. */
const MAX_SUBNETS = 1_024

/**
 * Which dials are on their way: so many at once, none twice, few into one subnet, and the
 * bootstrap underlays again and again while they are needed.
 */
export class Dials {
  readonly #limits: Limits
  readonly #random: Pick<Random, 'float'>
  readonly #running = new Map<number, Dial>()
  readonly #overlays = new Set<string>()
  readonly #underlays = new Set<string>()
  readonly #bootstraps = new Map<string, Bootstrap>()
  /** Dials that hold a slot and wait for their time. */
  #waiting: { readonly dial: Dial, readonly at: number }[] = []
  readonly #subnets = new Map<string, number>()
  /** Bounded by `maxBook`; what failed longest ago is forgotten first. */
  readonly #missed = new Map<string, Miss>()
  #nextId = 1

  constructor (limits: Limits, random: Pick<Random, 'float'>) {
    this.#limits = limits
    this.#random = random
  }

  /** How many are on their way or hold a slot. */
  get size (): number {
    return this.#running.size
  }

  get hasRoom (): boolean {
    return this.#running.size < this.#limits.maxDials
  }

  /** Whether this address is being dialled, by its overlay or by one of its underlays. */
  has (target: DialTarget): boolean {
    return (target.overlay !== undefined && this.#overlays.has(toHex(target.overlay))) ||
      target.underlays.some(underlay => this.#underlays.has(underlay))
  }

  /**
   * Begins a dial; `undefined` if it has to wait, `due` gives it then. With too many before
   * it in its subnet, it is left to the table to suggest it again.
   *
   * @param from - not before this time.
   */
  begin (target: DialTarget, now: number, from: number = now): Dial | undefined {
    const free = this.#reserve(target, now)
    if (free === undefined) return undefined
    const at = Math.max(free, from)
    const dial = this.#add(target)
    if (at <= now) return dial
    this.#waiting.push({ dial, at })
    return undefined
  }

  /** Dials that waited and may go now. */
  due (now: number): Dial[] {
    const out = this.#waiting.filter(({ at }) => at <= now).map(({ dial }) => dial)
    if (out.length > 0) this.#waiting = this.#waiting.filter(({ at }) => at > now)
    return out
  }

  /** When the next of those that wait may go; `undefined` if none waits. */
  get nextAt (): number | undefined {
    return this.#waiting.length === 0 ? undefined : Math.min(...this.#waiting.map(({ at }) => at))
  }

  /** A dial has ended. */
  end (id: number, ok: boolean, now: number): DialTarget | undefined {
    const dial = this.#running.get(id)
    if (dial === undefined) return undefined
    this.#running.delete(id)
    if (dial.target.overlay !== undefined) this.#overlays.delete(toHex(dial.target.overlay))
    for (const underlay of dial.target.underlays) this.#underlays.delete(underlay)
    if (dial.bootstrap !== undefined) {
      dial.bootstrap.attempts = ok ? 0 : dial.bootstrap.attempts + 1
      dial.bootstrap.nextAt = now + this.#backoff(dial.bootstrap.attempts)
    }
    return dial.target
  }

  /**
   * In which order to try the underlays of one address: as given, but those that did not
   * answer lately after the others.
   */
  inOrder (underlays: readonly string[], now: number): readonly string[] {
    const isMissed = (underlay: string): boolean => (this.#missed.get(underlay)?.until ?? now) > now
    return [...underlays.filter(underlay => !isMissed(underlay)), ...underlays.filter(isMissed)]
  }

  /** Takes note of which underlays did not answer when they were dialled, and which did. */
  tried (missed: readonly string[], reached: string | undefined, now: number): void {
    for (const underlay of missed) {
      const count = (this.#missed.get(underlay)?.count ?? 0) + 1
      const wait = Math.min(this.#limits.maxUnderlayInterval, this.#limits.underlayInterval * 2 ** (count - 1))
      this.#missed.delete(underlay)
      this.#missed.set(underlay, { count, until: now + wait })
      if (this.#missed.size > this.#limits.maxBook) this.#missed.delete(this.#missed.keys().next().value!)
    }
    if (reached !== undefined) this.#missed.delete(reached)
  }

  /** Adds bootstrap underlays. */
  bootstrap (underlays: readonly string[], now: number): void {
    for (const underlay of underlays) {
      if (this.#bootstraps.size >= this.#limits.maxBootstraps) return
      if (!this.#bootstraps.has(underlay)) this.#bootstraps.set(underlay, { attempts: 0, nextAt: now })
    }
  }

  /** The node is not alone any more: next time it is, the bootstrap underlays are dialled at once. */
  rest (now: number): void {
    for (const each of this.#bootstraps.values()) {
      each.attempts = 0
      each.nextAt = now
    }
  }

  /** Begins the dials of bootstrap underlays that are due. */
  beginBootstraps (now: number): Dial[] {
    const out: Dial[] = []
    for (const [underlay, bootstrap] of this.#bootstraps) {
      if (!this.hasRoom) break
      const target = { underlays: [underlay] }
      if (bootstrap.nextAt > now || this.has(target)) continue
      out.push(this.#add(target, bootstrap))
    }
    return out
  }

  #add (target: DialTarget, bootstrap?: Bootstrap): Dial {
    const dial = { id: this.#nextId++, target, ...(bootstrap !== undefined && { bootstrap }) }
    this.#running.set(dial.id, dial)
    if (target.overlay !== undefined) this.#overlays.add(toHex(target.overlay))
    for (const underlay of target.underlays) this.#underlays.add(underlay)
    return dial
  }

  /** When all subnets of a target may be dialled; they are taken from then on. `undefined` if that is too far away. */
  #reserve (target: DialTarget, now: number): number | undefined {
    const subnets = target.underlays.map(subnetOf).filter(subnet => subnet !== undefined)
    const at = Math.max(now, ...subnets.map(subnet => this.#subnets.get(subnet) ?? now))
    if (at - now > MAX_WAIT * this.#limits.subnetInterval) return undefined
    for (const subnet of subnets) {
      this.#subnets.delete(subnet)
      this.#subnets.set(subnet, at + this.#limits.subnetInterval)
      if (this.#subnets.size > MAX_SUBNETS) this.#subnets.delete(this.#subnets.keys().next().value!)
    }
    return at
  }

  #backoff (attempts: number): number {
    const wait = Math.min(this.#limits.maxBootstrapInterval, this.#limits.bootstrapInterval * 2 ** Math.max(0, attempts - 1))
    return wait * (1 - JITTER + 2 * JITTER * this.#random.float())
  }
}

/** The /24 or /56 of an underlay that is neither on this host nor in this process. */
export function subnetOf (underlay: string): string | undefined {
  try {
    const parsed = parseUnderlay(underlay)
    const scope = scopeOf(parsed)
    if (parsed.ip === undefined || scope === 'loopback' || scope === 'memory') return undefined
    return toHex(parsed.ip.subarray(0, parsed.ip.length === 4 ? 3 : 7))
  } catch {
    return undefined
  }
}

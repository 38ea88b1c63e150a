import type { PeerRecord, SignedRecord } from '@skep/identity'
import { toHex } from '@skep/pot'

interface Proven {
  /** Of the record with which it was reached, those that this node can dial. */
  underlays: readonly string[]
  /** The time of the signed record it came with; 0 without one. */
  readonly timestamp: number
  isMissed: boolean
}

interface Told {
  /** The latest first. */
  readonly underlays: readonly string[]
  readonly timestamp: number
}

/**
 * Where addresses were reached, and where others say they are.
 *
 * What a stranger says never replaces where a peer was reached, and goes first only when
 * that place did not answer lately; what the owner signed replaces all that is older.
 * Bounded: what was reached, and what was told, each forget their oldest; a flood of the
 * one does not touch the other.
 */
export class Known {
  readonly #limit: number
  readonly #maxUnderlays: number
  readonly #ours: (underlays: readonly string[]) => readonly string[]
  readonly #proven = new Map<string, Proven>()
  readonly #told = new Map<string, Told>()

  /**
   * @param limit - how many addresses of either kind are remembered.
   * @param maxUnderlays - how many underlays of one.
   * @param ours - those that this node can dial, the best first; no others are remembered.
   */
  constructor (limit: number, maxUnderlays: number, ours: (underlays: readonly string[]) => readonly string[]) {
    this.#limit = limit
    this.#maxUnderlays = maxUnderlays
    this.#ours = ours
  }

  get size (): number {
    return this.#proven.size + this.#told.size
  }

  /**
   * The address was reached there.
   *
   * @returns the record to go on with; `undefined` if it has no underlay that this node can dial.
   */
  reached ({ overlay, underlays }: PeerRecord, signed?: SignedRecord): PeerRecord | undefined {
    const id = toHex(overlay)
    this.#proven.delete(id)
    this.#told.delete(id)
    const usable = this.#ours(underlays)
    this.#proven.set(id, { underlays: usable, timestamp: signed?.timestamp ?? 0, isMissed: false })
    trim(this.#proven, this.#limit)
    return usable.length === 0 ? undefined : { overlay, underlays: usable }
  }

  /** The address did not answer. */
  missed (overlay: Uint8Array): void {
    const proven = this.#proven.get(toHex(overlay))
    if (proven !== undefined) proven.isMissed = true
  }

  /** Whether the address was reached once, and lately not. */
  isMissed (overlay: Uint8Array): boolean {
    return this.#proven.get(toHex(overlay))?.isMissed === true
  }

  /** Whether as much is known already as a signed record says, so that its signature need not be checked. */
  isCurrent ({ overlay, timestamp }: SignedRecord): boolean {
    const id = toHex(overlay)
    return Math.max(this.#proven.get(id)?.timestamp ?? -1, this.#told.get(id)?.timestamp ?? -1) >= timestamp
  }

  /**
   * Takes in what a stranger says.
   *
   * @returns the record to go on with; `undefined` if it is not news, or nothing that this node can dial.
   */
  told ({ overlay, underlays }: PeerRecord): PeerRecord | undefined {
    const id = toHex(overlay)
    const proven = this.#proven.get(id)
    const before = this.#told.get(id)
    const old = before?.underlays ?? []
    const reached = proven?.underlays ?? []
    const fresh = this.#ours(underlays).filter(underlay => !reached.includes(underlay) && !old.includes(underlay))
    if (fresh.length === 0) return undefined
    const timestamp = before?.timestamp ?? 0
    // What the owner signed stays in front of what others say.
    const merged = timestamp > 0 ? [...old, ...fresh] : [...fresh, ...old]
    // One at least, since the peer may have moved.
    const kept = merged.slice(0, Math.max(1, this.#maxUnderlays - reached.length))
    this.#remember(id, { underlays: kept, timestamp })
    return { overlay, underlays: proven?.isMissed === true ? [...kept, ...reached] : [...reached, ...kept] }
  }

  /** Takes in what the owner of an address signed; the caller has checked the signature, and that this node can dial the underlays. */
  signed ({ overlay, timestamp }: SignedRecord, underlays: readonly string[]): PeerRecord {
    const id = toHex(overlay)
    const proven = this.#proven.get(id)
    if (proven !== undefined) {
      proven.underlays = proven.underlays.filter(underlay => underlays.includes(underlay))
      if (proven.underlays.length === 0) this.#proven.delete(id)
    }
    this.#remember(id, { underlays: [...underlays], timestamp })
    return { overlay, underlays: [...underlays] }
  }

  #remember (id: string, told: Told): void {
    this.#told.delete(id)
    this.#told.set(id, told)
    trim(this.#told, this.#limit)
  }
}

function trim (map: Map<string, unknown>, limit: number): void {
  if (map.size > limit) map.delete(map.keys().next().value!)
}

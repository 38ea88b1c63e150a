import type { PeerRecord } from '@skep/identity'
import { toHex } from '@skep/pot'

/**
 * Where addresses were reached, and where others say they are.
 *
 * What a stranger says never replaces where a peer was reached. It goes first only when
 * that place did not answer lately. Bounded: what was reached, and what was told, each
 * forget their oldest; a flood of the one does not touch the other.
 */
export class Known {
  readonly #limit: number
  readonly #maxUnderlays: number
  /** The underlay at which each was reached. */
  readonly #proven = new Map<string, { readonly underlay: string, isSuspect: boolean }>()
  /** What was told of each, the latest first. */
  readonly #told = new Map<string, readonly string[]>()

  /**
   * @param limit - how many addresses of either kind are remembered.
   * @param maxUnderlays - how many underlays of one.
   */
  constructor (limit: number, maxUnderlays: number) {
    this.#limit = limit
    this.#maxUnderlays = maxUnderlays
  }

  get size (): number {
    return this.#proven.size + this.#told.size
  }

  /** The address was reached there. */
  reached ({ overlay, underlays }: PeerRecord): void {
    const id = toHex(overlay)
    this.#proven.delete(id)
    this.#told.delete(id)
    this.#proven.set(id, { underlay: underlays[0]!, isSuspect: false })
    trim(this.#proven, this.#limit)
  }

  /** The address did not answer. */
  missed (overlay: Uint8Array): void {
    const proven = this.#proven.get(toHex(overlay))
    if (proven !== undefined) proven.isSuspect = true
  }

  /** Whether the address was reached once, and lately not. */
  isMissed (overlay: Uint8Array): boolean {
    return this.#proven.get(toHex(overlay))?.isSuspect === true
  }

  /**
   * Takes in what a stranger says.
   *
   * @returns the record to go on with; `undefined` if it is not news.
   */
  told ({ overlay, underlays }: PeerRecord): PeerRecord | undefined {
    const id = toHex(overlay)
    const proven = this.#proven.get(id)
    const before = this.#told.get(id) ?? []
    const fresh = underlays.filter(underlay => underlay !== proven?.underlay && !before.includes(underlay))
    if (fresh.length === 0) return undefined
    const told = [...fresh, ...before].slice(0, this.#maxUnderlays - (proven === undefined ? 0 : 1))
    this.#told.delete(id)
    this.#told.set(id, told)
    trim(this.#told, this.#limit)
    if (proven === undefined) return { overlay, underlays: told }
    return { overlay, underlays: proven.isSuspect ? [...told, proven.underlay] : [proven.underlay, ...told] }
  }
}

function trim (map: Map<string, unknown>, limit: number): void {
  if (map.size > limit) map.delete(map.keys().next().value!)
}

import { ID_SIZE } from './messages.ts'

/**
 * Remembers ids for a while: each has one slot, and loses it to a later one of the same slot.
 * What it says it has seen, it has.
 */
export class RecentIds {
  readonly #slots: number
  /** Made with the first id, as most peers say nothing for most of the time. */
  #ids: Uint8Array | undefined
  #used: Uint8Array | undefined

  /** @param slots - ids that are remembered at most, a power of two up to 65,536. */
  constructor (slots: number) {
    this.#slots = slots
  }

  add (id: Uint8Array): void {
    const slot = this.#slotOf(id)
    this.#ids ??= new Uint8Array(this.#slots * ID_SIZE)
    this.#used ??= new Uint8Array(this.#slots)
    this.#ids.set(id, slot * ID_SIZE)
    this.#used[slot] = 1
  }

  delete (id: Uint8Array): void {
    if (this.has(id)) this.#used![this.#slotOf(id)] = 0
  }

  has (id: Uint8Array): boolean {
    if (this.#ids === undefined) return false
    const slot = this.#slotOf(id)
    if (this.#used![slot] === 0) return false
    const at = slot * ID_SIZE
    for (let i = 0; i < ID_SIZE; i++) if (this.#ids[at + i] !== id[i]) return false
    return true
  }

  /** Ends of ids differ also where they are counted, and where they share their beginning. */
  #slotOf (id: Uint8Array): number {
    return (id[ID_SIZE - 1]! ^ id[0]! << 2 ^ id[3]! << 1 | (id[ID_SIZE - 2]! ^ id[1]!) << 8) & (this.#slots - 1)
  }
}

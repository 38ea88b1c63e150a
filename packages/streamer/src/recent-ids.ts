import { ID_SIZE } from './messages.ts'

/**
 * Remembers ids for a while: each has one slot, and loses it to a later one of the same slot.
 *
 * A slot holds 8 bytes made of the id. Ids are hashes, so that it says it has seen one that it
 * has not happens once in 2^64, and making it so takes that many tries for one id.
 */
export class RecentIds {
  readonly #slots: number
  /** Made with the first id, as most peers say nothing for most of the time. */
  #marks: Uint32Array | undefined

  /** @param slots - ids that are remembered at most, a power of two. */
  constructor (slots: number) {
    this.#slots = slots
  }

  add (id: Uint8Array): void {
    this.#marks ??= new Uint32Array(2 * this.#slots)
    const at = this.#slotOf(id)
    this.#marks[at] = mix(id, 0x01000193)
    this.#marks[at + 1] = mix(id, 0x85ebca6b)
  }

  delete (id: Uint8Array): void {
    if (this.has(id)) this.#marks!.fill(0, this.#slotOf(id), this.#slotOf(id) + 2)
  }

  has (id: Uint8Array): boolean {
    if (this.#marks === undefined) return false
    const at = this.#slotOf(id)
    return this.#marks[at] === mix(id, 0x01000193) && this.#marks[at + 1] === mix(id, 0x85ebca6b)
  }

  #slotOf (id: Uint8Array): number {
    // The upper bits depend on all of the id.
    return 2 * (mix(id, 0x9e3779b1) >>> (Math.clz32(this.#slots) + 1))
  }
}

/** Folds an id into 32 bits, another way for each odd factor. Never 0, which marks an empty slot. */
function mix (id: Uint8Array, factor: number): number {
  let sum = factor
  for (let i = 0; i < ID_SIZE; i += 4) {
    sum = Math.imul(sum ^ (id[i]! | id[i + 1]! << 8 | id[i + 2]! << 16 | id[i + 3]! << 24), factor)
    sum ^= sum >>> 15
  }
  return (sum >>> 0) || 1
}

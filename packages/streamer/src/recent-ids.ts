import { ID_SIZE } from './messages.ts'

/**
 * What is kept of an id: the slot that it has among 2^32, and two words that tell it from others there, never 0. All of them
 * are signed, as an engine makes an object of a number that needs the 32nd bit.
 */
export interface Mark {
  readonly slot: number
  readonly one: number
  readonly other: number
}

const SLOT = 0x9e3779b1
const ONE = 0x01000193
const OTHER = 0x85ebca6b

/** Folds an id into its mark, each part with an odd factor of its own. */
export function markOf (id: Uint8Array): Mark {
  let slot = SLOT
  let one = ONE
  let other = OTHER
  for (let i = 0; i < ID_SIZE; i += 4) {
    const word = id[i]! | id[i + 1]! << 8 | id[i + 2]! << 16 | id[i + 3]! << 24
    slot = Math.imul(slot ^ word, SLOT)
    slot ^= slot >>> 15
    one = Math.imul(one ^ word, ONE)
    one ^= one >>> 15
    other = Math.imul(other ^ word, OTHER)
    other ^= other >>> 15
  }
  // 0 marks an empty slot.
  return { slot, one: one === 0 ? 1 : one, other: other === 0 ? 1 : other }
}

/**
 * Remembers ids for a while: each has one slot, and loses it to a later one of the same slot.
 *
 * A slot holds 8 bytes made of the id. Ids are hashes, so that it says it has seen one that it
 * has not happens once in 2^64, and making it so takes that many tries for one id.
 */
export class RecentIds {
  readonly #slots: number
  /** Made with the first id, as most peers say nothing for most of the time. */
  #marks: Int32Array | undefined

  /** @param slots - ids that are remembered at most, a power of two. */
  constructor (slots: number) {
    this.#slots = slots
  }

  add (mark: Mark): void {
    this.#marks ??= new Int32Array(2 * this.#slots)
    const at = this.#slotOf(mark)
    this.#marks[at] = mark.one
    this.#marks[at + 1] = mark.other
  }

  delete (mark: Mark): void {
    if (this.has(mark)) this.#marks!.fill(0, this.#slotOf(mark), this.#slotOf(mark) + 2)
  }

  has (mark: Mark): boolean {
    if (this.#marks === undefined) return false
    const at = this.#slotOf(mark)
    return this.#marks[at] === mark.one && this.#marks[at + 1] === mark.other
  }

  #slotOf ({ slot }: Mark): number {
    // The upper bits depend on all of the id.
    return 2 * (slot >>> (Math.clz32(this.#slots) + 1))
  }
}

import { ID_SIZE } from './messages.ts'

/**
 * What is kept of an id: where it belongs, of 2^32 places, and two words that tell it from others there, never 0. All of them
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

/** Folds the id that begins at byte `at` into its mark, each part with an odd factor of its own. */
export function markOf (bytes: Uint8Array, at: number = 0): Mark {
  let slot = SLOT
  let one = ONE
  let other = OTHER
  for (let i = at; i < at + ID_SIZE; i += 4) {
    const word = bytes[i]! | bytes[i + 1]! << 8 | bytes[i + 2]! << 16 | bytes[i + 3]! << 24
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

/** Ids that share a row: one is lost to the fourth that comes after it, not to the first. */
const WAYS = 4
/** Words of an id, and of a row. */
const WORDS = 2
const ROW = WAYS * WORDS

/**
 * Remembers ids for a while: each has a row, and loses its place there to later ones of the same row, the oldest first.
 *
 * A place holds 8 bytes made of the id. Ids are hashes, so that it says it has seen one that it
 * has not happens once in 2^62, and making it so takes that many tries for one id.
 */
export class RecentIds {
  readonly #size: number
  /** Made with the first id, as most peers say nothing for most of the time. */
  #marks: Int32Array | undefined

  /** @param size - ids that are remembered at most, a power of two, eight or more. */
  constructor (size: number) {
    this.#size = size
  }

  add (mark: Mark): void {
    const marks = this.#marks ??= new Int32Array(WORDS * this.#size)
    const row = this.#rowOf(mark)
    // Where it is, or the first place that is free, or that of the oldest: those before it move up.
    let at = row
    while (at < row + ROW - WORDS && marks[at] !== 0 && !(marks[at] === mark.one && marks[at + 1] === mark.other)) at += WORDS
    for (; at > row; at -= WORDS) {
      marks[at] = marks[at - WORDS]!
      marks[at + 1] = marks[at - WORDS + 1]!
    }
    marks[row] = mark.one
    marks[row + 1] = mark.other
  }

  delete (mark: Mark): void {
    const at = this.#find(mark)
    if (at < 0) return
    // What is free is at the end.
    const end = this.#rowOf(mark) + ROW
    this.#marks!.copyWithin(at, at + WORDS, end).fill(0, end - WORDS, end)
  }

  has (mark: Mark): boolean {
    return this.#find(mark) >= 0
  }

  /** Where an id stands; -1 where it does not. */
  #find (mark: Mark): number {
    const marks = this.#marks
    if (marks === undefined) return -1
    const row = this.#rowOf(mark)
    for (let at = row; at < row + ROW; at += WORDS) if (marks[at] === mark.one && marks[at + 1] === mark.other) return at
    return -1
  }

  #rowOf ({ slot }: Mark): number {
    // The upper bits depend on all of the id.
    return ROW * (slot >>> (Math.clz32(this.#size / WAYS) + 1))
  }
}

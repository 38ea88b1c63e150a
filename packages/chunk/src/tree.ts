import { CHUNK_SIZE } from './constants.ts'

/**
 * What happens to a single subtree that is left over at the end of a level.
 *
 * `swarm`: an incomplete one is carried up as it is, a complete one is wrapped in an
 * intermediate chunk of one child. `bee`: it is always carried up.
 */
export type CarryRule = 'swarm' | 'bee'

/** One row of the tree while it grows: the references of the group that is not full yet. */
interface Level {
  readonly references: Uint8Array
  count: number
  span: number
}

/** How a tree makes its chunks: `emit` is given span and payload, and gives the reference. */
export interface TreeOptions {
  readonly rule: CarryRule
  readonly referenceSize: number
  emit (payload: Uint8Array, span: number): Uint8Array
}

/**
 * The tree above the data chunks, while it grows from left to right.
 *
 * It holds one group of references per level and nothing else, so its memory is
 * bounded by its height. Children are always emitted before their parents.
 */
export class Tree {
  readonly #options: TreeOptions
  readonly #levels: Level[] = []
  readonly #branches: number

  constructor (options: TreeOptions) {
    this.#options = options
    this.#branches = CHUNK_SIZE / options.referenceSize
  }

  /** Appends a reference to the row at `height`, 0 for data chunks. */
  add (reference: Uint8Array, span: number, height = 0): void {
    const level = this.#level(height)
    level.references.set(reference, level.count * this.#options.referenceSize)
    level.count++
    level.span += span
    if (level.count === this.#branches) this.#close(height)
  }

  /** Ends the tree. The chunk emitted last, here or before, is the root. */
  finish (): void {
    for (let height = 0; height < this.#levels.length - 1; height++) {
      const level = this.#levels[height]!
      if (level.count === 0) continue
      const complete = level.span === CHUNK_SIZE * this.#branches ** height
      if (level.count > 1 || (complete && this.#options.rule === 'swarm')) this.#close(height)
      else this.#carry(height)
    }
    const top = this.#levels.at(-1)
    if (top !== undefined && top.count > 1) this.#close(this.#levels.length - 1)
  }

  #level (height: number): Level {
    let level = this.#levels[height]
    if (level === undefined) {
      level = { references: new Uint8Array(CHUNK_SIZE), count: 0, span: 0 }
      this.#levels[height] = level
    }
    return level
  }

  #close (height: number): void {
    const { level, references, span } = this.#take(height)
    level.count = 0
    level.span = 0
    this.add(this.#options.emit(references, span), span, height + 1)
  }

  #carry (height: number): void {
    const { level, references, span } = this.#take(height)
    level.count = 0
    level.span = 0
    this.add(references, span, height + 1)
  }

  #take (height: number): { level: Level, references: Uint8Array, span: number } {
    const level = this.#levels[height]!
    return { level, references: level.references.subarray(0, level.count * this.#options.referenceSize), span: level.span }
  }
}

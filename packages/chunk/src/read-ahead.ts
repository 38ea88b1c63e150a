import { fetchNode } from './fetch.ts'
import type { GetChunk } from './fetch.ts'
import type { CarryRule } from './tree.ts'

/** The range to read, in bytes of the file, and how. */
export interface ReadAheadOptions {
  readonly get: GetChunk
  readonly from: number
  readonly to: number
  readonly readAhead: number
  readonly rule: CarryRule
  readonly signal: AbortSignal | undefined
}

/** A chunk that has to be read, in the order of the file. */
interface Slot {
  readonly reference: Uint8Array
  readonly start: number
  readonly span: number | undefined
  readonly wrappable: boolean
  state: 'waiting' | 'asked' | 'given' | 'failed'
  payload?: Uint8Array
  failure?: unknown
}

/**
 * The chunks of a range, asked for ahead of the reader and given in order.
 *
 * A list of slots stands for the range: at first the root, then each intermediate chunk
 * is replaced by its children as it arrives. Only the first `readAhead` slots are ever
 * asked for, and that many at a time. An arriving intermediate chunk may push slots
 * that hold data out of the window, so up to `readAhead` per level are held.
 */
export class ReadAhead {
  readonly #options: ReadAheadOptions
  readonly #abort = new AbortController()
  readonly #onAbort = (): void => { this.#abort.abort(this.#options.signal?.reason) }
  /** One for each chunk asked for: a single signal for many would gather listeners. */
  readonly #fetches = new Set<AbortController>()
  #slots: Slot[]
  #wake: (() => void) | undefined
  #stopped = false
  #asked = 0

  constructor (root: Uint8Array, options: ReadAheadOptions) {
    this.#options = options
    this.#slots = [{ reference: root, start: 0, span: undefined, wrappable: false, state: 'waiting' }]
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
    this.#abort.signal.addEventListener('abort', () => {
      for (const fetch of this.#fetches) fetch.abort(this.#abort.signal.reason)
      this.#wake?.()
    }, { once: true })
  }

  /** Gives the next bytes of the range, or `undefined` at its end. One call at a time. */
  async next (): Promise<Uint8Array | undefined> {
    for (;;) {
      this.#abort.signal.throwIfAborted()
      const head = this.#slots[0]
      if (head === undefined) return undefined
      if (head.state === 'failed') throw head.failure
      if (head.state === 'given') {
        this.#slots.shift()
        this.#ask()
        const piece = this.#cut(head)
        if (piece.length > 0) return piece
        continue
      }
      const woken = new Promise<void>(resolve => { this.#wake = resolve })
      this.#ask()
      await woken
    }
  }

  /** Ends all that is under way. */
  stop (): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#slots = []
    this.#abort.abort(new DOMException('the reader has left', 'AbortError'))
  }

  #ask (): void {
    for (let i = 0; i < this.#slots.length && i < this.#options.readAhead; i++) {
      const slot = this.#slots[i]!
      // What follows a failure will not be given to anyone.
      if (slot.state === 'failed') return
      if (slot.state === 'waiting') {
        if (this.#asked >= this.#options.readAhead) return
        slot.state = 'asked'
        this.#asked++
        void this.#fill(slot)
      }
    }
  }

  async #fill (slot: Slot): Promise<void> {
    const fetch = new AbortController()
    this.#fetches.add(fetch)
    try {
      const { get, rule, from, to } = this.#options
      const { node } = await fetchNode(slot.reference, slot, { get, rule, signal: fetch.signal }).finally(() => {
        this.#fetches.delete(fetch)
        this.#asked--
      })
      if (this.#stopped) return
      if (node.type === 'data') {
        slot.payload = node.payload
        slot.state = 'given'
      } else {
        const children = node.children
          .filter(({ start, span }) => start < to && start + span > from)
          .map(({ reference, start, span, wrapped }): Slot => ({ reference, start, span, wrappable: wrapped, state: 'waiting' }))
        this.#slots.splice(this.#slots.indexOf(slot), 1, ...children)
      }
      this.#ask()
    } catch (failure) {
      slot.failure = failure
      slot.state = 'failed'
    }
    this.#wake?.()
  }

  /** What of a data chunk lies in the range. */
  #cut ({ payload, start }: Slot): Uint8Array {
    const { from, to } = this.#options
    return payload!.subarray(Math.max(0, from - start), Math.max(0, Math.min(payload!.length, to - start)))
  }
}

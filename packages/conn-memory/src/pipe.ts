import type { Clock } from '@skep/interface'

/** How one direction of a link behaves. */
export interface LinkOptions {
  /** Bytes on their way or waiting to be read before the sender is held back. Defaults to 65,536. */
  readonly window?: number
  /** Needed for latency and bandwidth. */
  readonly clock?: Clock
  /** Milliseconds from one end to the other. Defaults to 0. */
  readonly latency?: number
  /** Bytes per second. Unbounded by default. */
  readonly bandwidth?: number
}

/** What a message costs beside its bytes, so that empty ones are bounded too. */
const OVERHEAD = 32

/** One direction of a link: a bounded queue of messages between one writer and one reader. */
export class Pipe {
  readonly #window: number
  readonly #clock: Clock | undefined
  readonly #latency: number
  readonly #bandwidth: number
  readonly #messages: Uint8Array[] = []
  /** Bytes pushed and not read. */
  #held = 0
  /** When the line is free again for the next message. */
  #free = 0
  /** Messages and the end on their way. */
  #travelling = 0
  #ended = false
  #error: Error | undefined
  #reader: (() => void) | undefined
  #writer: (() => void) | undefined

  constructor (options: LinkOptions = {}) {
    const { window = 65_536, clock, latency = 0, bandwidth = Infinity } = options
    if (clock === undefined && (latency > 0 || bandwidth < Infinity)) throw new TypeError('latency and bandwidth need a clock')
    this.#window = window
    this.#clock = clock
    this.#latency = latency
    this.#bandwidth = bandwidth
  }

  /** Whether a writer should wait for {@link Pipe.room}. */
  get full (): boolean {
    return this.#held >= this.#window && this.#error === undefined
  }

  /** Puts a message in, even when full. The pipe owns it from then on. */
  push (message: Uint8Array): void {
    if (this.#error !== undefined || this.#ended) return
    this.#held += message.length + OVERHEAD
    this.#travel(message.length, () => {
      this.#messages.push(message)
      this.#reader?.()
    })
  }

  /** Waits until the pipe is not full, or broken. */
  async room (): Promise<void> {
    while (this.full) await new Promise<void>(resolve => { this.#writer = resolve })
  }

  /** Lets the reader read what was pushed, and then the end. */
  end (): void {
    this.#travel(0, () => {
      this.#ended = true
      this.#reader?.()
    })
  }

  /** Breaks the pipe at once: what was not read is lost, and the reader gets `error`; with none it gets the end. */
  break (error: Error | undefined): void {
    if (this.#error !== undefined) return
    this.#error = error
    this.#ended = true
    this.#messages.length = 0
    this.#held = 0
    this.#reader?.()
    this.#writer?.()
  }

  /** The next message; `undefined` at the end. */
  async next (): Promise<Uint8Array | undefined> {
    while (true) {
      if (this.#error !== undefined) throw this.#error
      const message = this.#messages.shift()
      if (message !== undefined) {
        this.#held -= message.length + OVERHEAD
        if (!this.full) this.#writer?.()
        return message
      }
      if (this.#ended) return undefined
      await new Promise<void>(resolve => { this.#reader = resolve })
      this.#reader = undefined
    }
  }

  /** Lets `arrive` happen when `length` bytes have come through. */
  #travel (length: number, arrive: () => void): void {
    const clock = this.#clock
    if (clock === undefined || (this.#latency === 0 && this.#bandwidth === Infinity && this.#travelling === 0)) {
      arrive()
      return
    }
    const now = clock.now()
    this.#free = Math.max(now, this.#free) + length * 1000 / this.#bandwidth
    this.#travelling++
    clock.after(this.#free - now + this.#latency, () => {
      this.#travelling--
      if (!this.#ended) arrive()
    })
  }
}

import type { Channel } from './channel.ts'

/** Bytes a channel may send more in each round. */
const QUANTUM = 16_384

/**
 * Shares the conn between channels by bytes: deficit round robin (Shreedhar and Varghese,
 * 1995). A channel without credit or without messages has no claim on later rounds.
 */
export class Scheduler {
  readonly #channels: readonly Channel[]
  #turn = 0
  /** Whether the channel whose turn it is got its quantum. */
  #served = false
  #taken: Channel | undefined

  constructor (channels: readonly Channel[]) {
    this.#channels = channels
  }

  /** The next frame of any channel; `undefined` when none is ready. It is good until {@link Scheduler.release}. */
  next (): Uint8Array | undefined {
    let idle = 0
    while (idle < this.#channels.length) {
      const channel = this.#channels[this.#turn]!
      const cost = channel.ready
      if (cost === 0) {
        channel.deficit = 0
        idle++
      } else {
        idle = 0
        if (!this.#served) {
          channel.deficit += QUANTUM
          this.#served = true
        }
        if (cost <= channel.deficit) {
          channel.deficit -= cost
          this.#taken = channel
          return channel.take()
        }
      }
      this.#turn = (this.#turn + 1) % this.#channels.length
      this.#served = false
    }
    return undefined
  }

  /** The conn is done with the last frame. */
  release (): void {
    this.#taken?.release()
    this.#taken = undefined
  }
}

import { pair } from '@skep/conn-memory'
import { IntervalsStore } from '@skep/intervals-store'
import { systemClock as clock, systemRandom as random } from '@skep/runtime'
import { memoryStore } from '@skep/store-memory'
import { Streamer, type StreamPeer, type StreamType } from '@skep/streamer'

/** The bytes of a full chunk. */
export const BODY = new Uint8Array(4_104)

export function id (n: number): Uint8Array {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, n)
  return bytes
}

/** Items in memory, the same body for all, so that what is measured is the streamer. */
export class Items {
  readonly order: Uint8Array[] = []
  readonly #here = new Set<string>()
  readonly #wakers = new Set<() => void>()

  constructor (count: number) {
    for (let n = 1; n <= count; n++) this.add(id(n))
  }

  get size (): number {
    return this.order.length
  }

  add (one: Uint8Array): void {
    const key = String.fromCharCode(...one)
    if (this.#here.has(key)) return
    this.#here.add(key)
    this.order.push(one)
    for (const wake of [...this.#wakers]) wake()
  }

  type (): StreamType {
    return {
      name: 'ITEMS',
      source: () => ({
        cursor: async () => ({ epoch: 'e', last: this.order.length }),
        batch: async (from, to, { limit, signal }) => {
          while (to === undefined && from > this.order.length) {
            await new Promise<void>(resolve => {
              const wake = (): void => { this.#wakers.delete(wake); signal.removeEventListener('abort', wake); resolve() }
              this.#wakers.add(wake)
              signal.addEventListener('abort', wake)
            })
            signal.throwIfAborted()
          }
          const last = Math.min(to ?? Infinity, this.order.length, from + limit - 1)
          return { from, to: last, ids: this.order.slice(from - 1, last) }
        },
        read: async ids => ids.map(() => BODY),
        close () {}
      }),
      sink: () => ({
        need: async ids => ids.map(one => !this.#here.has(String.fromCharCode(...one))),
        put: async one => { this.add(one) },
        close () {}
      })
    }
  }
}

export function streamer (items: Items): Streamer {
  const made = new Streamer({ clock, random, intervals: new IntervalsStore(memoryStore()) })
  made.register(items.type())
  return made
}

let links = 0

/** Connects two streamers; gives each as the other has it. */
export function connect (a: Streamer, b: Streamer): { toA: StreamPeer, toB: StreamPeer } {
  const n = ++links
  const toA = { key: `a${n}`, overlay: id(2 * n), light: false }
  const toB = { key: `b${n}`, overlay: id(2 * n + 1), light: false }
  const window = 256 * 1024
  const [streamA, streamB] = pair({ window })
  const [nativeA, nativeB] = pair({ window })
  a.run(toB, { stream: streamA, native: nativeA }).catch(() => {})
  b.run(toA, { stream: streamB, native: nativeB }).catch(() => {})
  return { toA, toB }
}

/** Waits for a turn of the event loop until `done`. */
export async function until (done: () => boolean): Promise<void> {
  while (!done()) await new Promise<void>(resolve => { setImmediate(resolve) })
}

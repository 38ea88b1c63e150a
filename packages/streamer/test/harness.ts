import type { Clock, Conn, Store } from '@skep/interface'
import { IntervalsStore } from '@skep/intervals-store'
import { pair } from '@skep/conn-memory'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { Streamer, type StreamerOptions, type StreamPeer, type StreamType } from '@skep/streamer'

/** An id of 32 bytes that names a number. */
export function id (n: number, scope: number = 0): Uint8Array {
  const bytes = new Uint8Array(32)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, scope)
  view.setUint32(28, n)
  return bytes
}

/** What an id stands for: its own bytes, then some more. */
export function body (of: Uint8Array, size: number = 100): Uint8Array {
  const bytes = new Uint8Array(size)
  bytes.set(of)
  bytes.fill(7, 32)
  return bytes
}

export function text (of: Uint8Array): string {
  return Array.from(of, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** Who waits for more of a shelf. */
export class Listeners extends Set<() => void> {
  /** As a source has it. */
  onMore (shelf: Shelf, from: number, more: () => void): () => void {
    const look = (): void => {
      if (shelf.order.length < from) return
      this.delete(look)
      more()
    }
    this.add(look)
    look()
    return () => { this.delete(look) }
  }

  /** Something has come. */
  tell (): void {
    for (const look of [...this]) look()
  }
}

/** A store of items, with an index of them in the order they came, and a stream type over both. */
export class Shelf {
  readonly items = new Map<string, Uint8Array>()
  /** Ids in order; index 1 is the first. `undefined` is a tombstone. */
  readonly order: (Uint8Array | undefined)[] = []
  epoch = 'one'
  puts = 0
  /** Whether a body must begin with its id. */
  checks = true
  /** How many turns of the event loop a put takes. */
  slow = 0
  /** Rejects a put when it says why. */
  refuse: (id: Uint8Array) => Error | undefined = () => undefined
  /** Lies about bodies when it says so. */
  lie: (id: Uint8Array) => Uint8Array | undefined | 'truth' = () => 'truth'
  readonly #wakers = new Set<() => void>()

  add (id: Uint8Array, data: Uint8Array = body(id)): void {
    if (this.items.has(text(id))) return
    this.items.set(text(id), data)
    this.order.push(id)
    for (const wake of [...this.#wakers]) wake()
  }

  fill (from: number, to: number): this {
    for (let n = from; n <= to; n++) this.add(id(n))
    return this
  }

  remove (id: Uint8Array): void {
    this.items.delete(text(id))
    const at = this.order.findIndex(one => one !== undefined && text(one) === text(id))
    this.order[at] = undefined
  }

  has (n: number): boolean {
    return this.items.has(text(id(n)))
  }

  get waiting (): number {
    return this.#wakers.size
  }

  type (name: string = 'SHELF', more: Partial<StreamType> = {}): StreamType {
    return {
      name,
      source: () => ({
        cursor: async () => ({ epoch: this.epoch, last: this.order.length }),
        batch: async (from, to, { limit, signal }) => {
          while (to === undefined && from > this.order.length) {
            await new Promise<void>(resolve => {
              const wake = (): void => { this.#wakers.delete(wake); signal.removeEventListener('abort', wake); resolve() }
              this.#wakers.add(wake)
              signal.addEventListener('abort', wake)
            })
            signal.throwIfAborted()
          }
          const ids: Uint8Array[] = []
          let index = from
          for (; index <= Math.min(to ?? Infinity, this.order.length) && ids.length < limit; index++) {
            const one = this.order[index - 1]
            if (one !== undefined) ids.push(one)
          }
          return { from, to: ids.length === limit || to === undefined ? index - 1 : to, ids }
        },
        read: async ids => ids.map(one => {
          const lie = this.lie(one)
          return lie === 'truth' ? this.items.get(text(one)) : lie
        }),
        close () {}
      }),
      sink: () => ({
        need: async ids => ids.map(one => !this.items.has(text(one))),
        put: async (one, data) => {
          const refused = this.refuse(one)
          if (refused !== undefined) throw refused
          for (let turn = 0; turn < this.slow; turn++) await Promise.resolve()
          if (this.checks && text(data.subarray(0, 32)) !== text(one)) throw new Error('not what its id says')
          this.puts++
          this.add(one, data)
        },
        close () {}
      }),
      ...more
    }
  }
}

/** A node: a shelf, a store for its intervals, and a streamer. */
export class Node {
  readonly clock: Clock
  readonly overlay: Uint8Array
  readonly store: Store
  readonly shelf: Shelf
  readonly options: StreamerOptions
  readonly types: readonly StreamType[]
  streamer: Streamer

  constructor (n: number, clock: Clock, shelf: Shelf = new Shelf(), options: StreamerOptions = {}, types?: readonly StreamType[]) {
    this.clock = clock
    this.overlay = id(n, 0xffff)
    this.store = memoryStore()
    this.shelf = shelf
    this.options = options
    this.types = types ?? [shelf.type()]
    this.streamer = this.#make()
  }

  /** As after the end of the process: what is on disk is there, the rest is not. */
  restart (): void {
    this.streamer = this.#make()
  }

  #make (): Streamer {
    const streamer = new Streamer({ clock: this.clock, random: new SeededRandom(this.overlay[31]!), intervals: new IntervalsStore(this.store) }, this.options)
    for (const type of this.types) streamer.register(type)
    return streamer
  }
}

let connections = 0

/** Two nodes that are connected. */
export class Link {
  /** B as A has it, and A as B has it. */
  readonly toB: StreamPeer
  readonly toA: StreamPeer
  readonly ran: Promise<[PromiseSettledResult<void>, PromiseSettledResult<void>]>
  readonly #conns: Conn[]

  constructor (a: Node, b: Node, { native = true, ...link }: { native?: boolean, latency?: number, bandwidth?: number, window?: number } = {}) {
    const key = `${connections++}`
    this.toB = { key: `b${key}`, overlay: b.overlay, light: false }
    this.toA = { key: `a${key}`, overlay: a.overlay, light: false }
    const options = { clock: a.clock, ...link }
    const [streamA, streamB] = pair(options)
    const [nativeA, nativeB] = pair(options)
    this.#conns = [streamA, nativeA]
    this.ran = Promise.allSettled([
      a.streamer.run(this.toB, native ? { stream: streamA, native: nativeA } : { stream: streamA }),
      b.streamer.run(this.toA, native ? { stream: streamB, native: nativeB } : { stream: streamB })
    ])
  }

  cut (): void {
    for (const conn of this.#conns) conn.abort(new Error('cut'))
  }

  async reasons (): Promise<(string | undefined)[]> {
    return (await this.ran).map(result => result.status === 'rejected' ? result.reason.code ?? String(result.reason) : undefined)
  }
}

export function nothingLeft (streamer: Streamer): boolean {
  return Object.values(streamer.handles).every(count => count === 0)
}

export { VirtualClock }

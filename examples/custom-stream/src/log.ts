import type { Operation, Random, Store } from '@skep/interface'
import { keccak256 } from '@skep/keccak'

const EPOCH = Uint8Array.of(0x45)
const idKey = (index: number): Uint8Array => Uint8Array.of(0x4c, index >>> 24, index >>> 16, index >>> 8, index)
const dataKey = (id: Uint8Array): Uint8Array => Uint8Array.of(0x44, ...id)

/** The log of a chat room on a `Store`: lines by their hash, and hashes by their place, from 1. */
export class ChatLog {
  readonly room: string
  readonly epoch: string
  last: number
  readonly #store: Store
  readonly #waiting = new Set<() => void>()

  constructor (room: string, store: Store, epoch: string, last: number) {
    this.room = room
    this.epoch = epoch
    this.last = last
    this.#store = store
  }

  static async open (room: string, store: Store, random: Random): Promise<ChatLog> {
    let epoch = await store.get(EPOCH)
    if (epoch === undefined) {
      epoch = new TextEncoder().encode(random.bytes(8).join('.'))
      await store.batch([{ type: 'put', key: EPOCH, value: epoch }])
    }
    let last = 0
    for await (const [key] of store.range({ gte: idKey(0), lt: Uint8Array.of(0x4d), reverse: true, limit: 1 })) last = new DataView(key.buffer, key.byteOffset).getUint32(1)
    return new ChatLog(room, store, new TextDecoder().decode(epoch), last)
  }

  async say (line: string): Promise<void> {
    const data = new TextEncoder().encode(line)
    await this.keep(keccak256(data), data)
    await this.place(this.last + 1, [keccak256(data)])
  }

  async keep (id: Uint8Array, data: Uint8Array): Promise<void> {
    await this.#store.batch([{ type: 'put', key: dataKey(id), value: data }])
  }

  async place (from: number, ids: readonly (Uint8Array | undefined)[]): Promise<void> {
    await this.#store.batch(ids.flatMap<Operation>((id, i) => (id === undefined ? [] : [{ type: 'put', key: idKey(from + i), value: id }])))
    this.last = Math.max(this.last, from + ids.length - 1)
    for (const wake of this.#waiting) wake()
  }

  async ids (from: number, to: number): Promise<Uint8Array[]> {
    const ids: Uint8Array[] = []
    for await (const [, id] of this.#store.range({ gte: idKey(from), lt: idKey(to + 1) })) ids.push(id)
    return ids
  }

  async data (ids: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.#store.getMany(ids.map(dataKey))
  }

  /** Resolves when the log has a line at `index`, or the wait is called off. */
  async reaches (index: number, signal: AbortSignal): Promise<void> {
    while (this.last < index) {
      signal.throwIfAborted()
      await new Promise<void>(resolve => {
        const wake = (): void => {
          this.#waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#waiting.add(wake)
        signal.addEventListener('abort', wake)
      })
    }
  }

  async lines (): Promise<string[]> {
    return (await this.data(await this.ids(1, this.last))).map(data => new TextDecoder().decode(data))
  }
}

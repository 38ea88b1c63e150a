import type { ApiEvent, ApiStatus, Backend, FoundFile, Metric, StoredFile } from '@skep/api-http'
import { chunkAddress, fileSize, join, kindOf, split } from '@skep/chunk'
import { everyValidator } from '@skep/chunk/validators'
import type { Address } from '@skep/interface'
import { toHex } from '@skep/pot'

/** An error with a code, as a node throws them. */
export class CodedError extends Error {
  readonly code: string

  constructor (code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** A node of one, that keeps its chunks in a map. */
export class MemoryBackend implements Backend {
  readonly overlay = new Uint8Array(32).fill(0xab)
  readonly ethereum = new Uint8Array(20).fill(0xcd)
  // The generator of secp256k1: any point of the curve serves.
  readonly publicKey = Uint8Array.from(Buffer.from('04' +
    '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798' +
    '483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8', 'hex'))

  readonly listen = ['tcp://127.0.0.1:4711']
  readonly light = false
  readonly chunks = new Map<string, Uint8Array>()
  readonly listeners = new Set<(event: ApiEvent) => void>()
  /** Why uploads ended that did not succeed. */
  readonly failures: unknown[] = []
  /** What a chunk that is not here does: nobody has it, or it never comes. */
  missing: 'absent' | 'silent' = 'absent'
  /** Signals of what is being looked for. */
  readonly searches: AbortSignal[] = []
  /** Held back before each chunk is stored. */
  pace: () => Promise<void> = async () => {}
  bytesRead = 0

  async upload (source: AsyncIterable<Uint8Array>, { signal }: { signal: AbortSignal }): Promise<StoredFile> {
    const counted = this.#count(source)
    let reference: Address | undefined
    let chunks = 0
    try {
      for await (const chunk of split(counted, { rule: 'bee', signal })) {
        await this.pace()
        this.chunks.set(toHex(chunk.address), chunk.data)
        reference = chunk.address
        chunks++
      }
    } catch (error) {
      this.failures.push(error)
      throw error
    }
    return { reference: reference!, size: this.bytesRead, chunks }
  }

  async download (reference: Address, options: { offset?: number, length?: number, signal: AbortSignal }): Promise<FoundFile> {
    const get = (address: Address) => this.getChunk(address, options)
    if (await get(reference) === undefined) throw new CodedError('NOT_FOUND', `nobody has ${toHex(reference)}`)
    const size = await fileSize(reference, get, options)
    return { size, body: join(reference, get, options) }
  }

  async getChunk (address: Address, { signal }: { signal?: AbortSignal }): Promise<Uint8Array | undefined> {
    const data = this.chunks.get(toHex(address))
    if (data !== undefined || this.missing === 'absent') return data
    if (signal !== undefined) this.searches.push(signal)
    return await new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
  }

  async putChunk (data: Uint8Array, address: Address = chunkAddress(data)): Promise<Address> {
    if (kindOf(address, data, everyValidator) === undefined) throw new CodedError('BAD_CHUNK', 'no chunk')
    this.chunks.set(toHex(address), data)
    return address
  }

  async hasLocal (addresses: readonly Address[]): Promise<boolean[]> {
    return addresses.map(address => this.chunks.has(toHex(address)))
  }

  async status (): Promise<ApiStatus & { synced: boolean }> {
    return { overlay: toHex(this.overlay), light: false, depth: 1, connected: 2, chunks: this.chunks.size, bins: [3, 4, 5], synced: true }
  }

  watched: readonly Metric[] = []

  async metrics (): Promise<readonly Metric[]> {
    return this.watched
  }

  peers () {
    return [
      { overlay: '11'.repeat(32), underlay: 'tcp://127.0.0.1:1', light: false, po: 0, outbound: true },
      { overlay: 'a0'.repeat(32), underlay: 'tcp://127.0.0.1:2', light: true, po: 4, outbound: false }
    ]
  }

  topology () {
    return { depth: 1, bins: [{ po: 0, connected: ['11'.repeat(32)], known: ['11'.repeat(32), '22'.repeat(32)] }] }
  }

  table (): string {
    return 'the table\n'
  }

  onEvent (listener: (event: ApiEvent) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  emit (event: ApiEvent & Record<string, unknown>): void {
    for (const listener of this.listeners) listener(event)
  }

  async * #count (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const part of source) {
      this.bytesRead += part.length
      yield part
    }
  }
}

/** Bytes that look random and are the same every time (xorshift32, Marsaglia 2003). */
export function noise (size: number, seed = 1): Uint8Array {
  const out = new Uint8Array(size)
  let x = seed
  for (let i = 0; i < size; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    out[i] = x
  }
  return out
}

import type { Socket } from 'node:net'
import { ByteQueue } from './byte-queue.ts'
import { RlpxError } from './errors.ts'

/** The packets of the handshake, as they come in. */
export class Incoming {
  readonly #socket: Socket
  readonly #bytes = new ByteQueue()
  #wake: (() => void) | undefined
  #isOver = false
  readonly #onData = (bytes: Uint8Array): void => { this.#bytes.push(bytes); this.#wake?.() }
  readonly #onEnd = (): void => { this.#isOver = true; this.#wake?.() }

  constructor (socket: Socket) {
    this.#socket = socket
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('close', this.#onEnd)
    socket.on('error', this.#onEnd)
  }

  /**
   * Reads one packet in either form: the older has one length and begins with a point, the
   * newer with its own length.
   */
  async packet<T> (plainLength: number, most: number, read: (packet: Uint8Array) => T): Promise<{ readonly bytes: Uint8Array, readonly read: T }> {
    const head = await this.#take(plainLength)
    if (head[0] === 4) {
      try {
        return { bytes: head, read: read(head) }
      } catch (error) {
        if (!(error instanceof RlpxError)) throw error
        // An EIP-8 packet of 1,024 bytes or more begins like that too.
      }
    }
    const length = 2 + head[0]! * 256 + head[1]!
    if (length < plainLength || length > most) throw new RlpxError('RLPX_HANDSHAKE', `a packet of ${length} bytes`)
    const packet = Buffer.concat([head, await this.#take(length - plainLength)])
    return { bytes: packet, read: read(packet) }
  }

  /** Stops reading and hands over what is left. */
  detach (): Uint8Array {
    this.#socket.off('data', this.#onData)
    this.#socket.off('end', this.#onEnd)
    this.#socket.off('close', this.#onEnd)
    this.#socket.off('error', this.#onEnd)
    return this.#bytes.take(this.#bytes.length)!
  }

  async #take (n: number): Promise<Uint8Array> {
    while (true) {
      const bytes = this.#bytes.take(n)
      if (bytes !== undefined) return bytes
      if (this.#isOver) throw new RlpxError('RLPX_BROKEN', 'the remote left before the handshake was done', 'NETWORK')
      await new Promise<void>(resolve => { this.#wake = resolve })
      this.#wake = undefined
    }
  }
}

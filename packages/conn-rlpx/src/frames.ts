import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto'
import { ByteQueue } from './byte-queue.ts'
import { RlpxError } from './errors.ts'
import { FrameMac, MAC_SIZE } from './frame-mac.ts'
import type { Secrets } from './handshake.ts'
import { snappyRead, snappySize, snappyWrite } from './snappy.ts'

const HEADER = 16
/** The header's data after the frame's size: an RLP list of two zeros. */
const HEADER_DATA = [0xc2, 0x80, 0x80] as const
/** The largest frame that its 24 bits of length can name. */
const MAX_FRAME = 2 ** 24 - 1

/** One message: its code in the session's code space, and its payload. */
export interface RlpxMessage {
  readonly code: number
  readonly payload: Uint8Array
}

/** Turns messages into encrypted frames. */
export class FrameWriter {
  /** Whether payloads are compressed: after the hellos, with a remote of version 5 or later. */
  snappy = false
  readonly #cipher: ReturnType<typeof createCipheriv>
  readonly #mac: FrameMac

  constructor (secrets: Secrets) {
    this.#cipher = createCipheriv('aes-256-ctr', secrets.aes, new Uint8Array(16))
    this.#mac = new FrameMac(secrets.mac, secrets.egress)
  }

  /** Writes messages as frames, all of them encrypted in one go. */
  write (messages: readonly RlpxMessage[]): Uint8Array {
    const sizes = messages.map(({ code, payload }) => (code < 0x80 ? 1 : 2) + (this.snappy ? snappySize(payload.length) : payload.length))
    const plain = new Uint8Array(sizes.reduce((sum, size) => sum + HEADER + padded(size), 0))
    let at = 0
    for (const [i, { code, payload }] of messages.entries()) {
      const size = sizes[i]!
      if (size > MAX_FRAME) throw new RangeError(`a frame of ${size} bytes`)
      plain.set([size >>> 16, size >>> 8, size, ...HEADER_DATA], at)
      let to = at + HEADER
      if (code >= 0x80) plain[to++] = 0x81
      plain[to++] = code === 0 ? 0x80 : code
      if (this.snappy) snappyWrite(plain, to, payload)
      else plain.set(payload, to)
      at += HEADER + padded(size)
    }
    const sealed = this.#cipher.update(plain)
    const out = new Uint8Array(sealed.length + messages.length * 2 * MAC_SIZE)
    let from = 0
    let to = 0
    for (const size of sizes) {
      const header = sealed.subarray(from, from + HEADER)
      const body = sealed.subarray(from + HEADER, from + HEADER + padded(size))
      out.set(header, to)
      out.set(this.#mac.header(header), to + HEADER)
      out.set(body, to + HEADER + MAC_SIZE)
      out.set(this.#mac.body(body), to + HEADER + MAC_SIZE + body.length)
      from += HEADER + body.length
      to += HEADER + body.length + 2 * MAC_SIZE
    }
    return out
  }
}

/** Finds messages in the bytes of a connection. Nothing is read before its MAC was checked. */
export class FrameReader {
  /** See {@link FrameWriter.snappy}. */
  snappy = false
  /** The largest payload that is accepted, in bytes, decompressed. */
  limit: number
  readonly #bytes = new ByteQueue()
  readonly #cipher: ReturnType<typeof createDecipheriv>
  readonly #mac: FrameMac
  /** Size of the frame whose header is through. */
  #size: number | undefined

  constructor (secrets: Secrets, limit: number) {
    this.#cipher = createDecipheriv('aes-256-ctr', secrets.aes, new Uint8Array(16))
    this.#mac = new FrameMac(secrets.mac, secrets.ingress)
    this.limit = limit
  }

  /** Whether a frame has begun and is not complete. */
  get isAmid (): boolean {
    return this.#bytes.length > 0 || this.#size !== undefined
  }

  push (bytes: Uint8Array): void {
    this.#bytes.push(bytes)
  }

  /**
   * Takes the next message, `undefined` while it is not complete.
   *
   * @throws RlpxError - `RLPX_PROTOCOL`; the connection is of no use then.
   */
  next (): RlpxMessage | undefined {
    if (this.#size === undefined) {
      const sealed = this.#bytes.take(HEADER + MAC_SIZE)
      if (sealed === undefined) return undefined
      const header = sealed.subarray(0, HEADER)
      this.#check(this.#mac.header(header), sealed.subarray(HEADER))
      const [high, mid, low] = this.#cipher.update(header) as unknown as [number, number, number]
      const size = high * 65_536 + mid * 256 + low
      // Code, and compression that makes nothing smaller.
      if (size > snappySize(this.limit) + 2) throw new RlpxError('RLPX_PROTOCOL', `a frame of ${size} bytes`)
      if (size === 0) throw new RlpxError('RLPX_PROTOCOL', 'an empty frame')
      this.#size = size
    }
    const sealed = this.#bytes.take(padded(this.#size) + MAC_SIZE)
    if (sealed === undefined) return undefined
    const body = sealed.subarray(0, sealed.length - MAC_SIZE)
    this.#check(this.#mac.body(body), sealed.subarray(sealed.length - MAC_SIZE))
    const frame = this.#cipher.update(body).subarray(0, this.#size)
    this.#size = undefined
    return this.#message(frame)
  }

  #message (frame: Uint8Array): RlpxMessage {
    const first = frame[0]!
    let code = first === 0x80 ? 0 : first
    let at = 1
    if (first === 0x81) {
      code = frame[1] ?? 0
      at = 2
      if (code < 0x80) throw new RlpxError('RLPX_PROTOCOL', 'a message code in more bytes than it needs')
    } else if (first > 0x80 || first === 0) {
      throw new RlpxError('RLPX_PROTOCOL', 'not a message code')
    }
    const rest = frame.subarray(at)
    if (rest.length > snappySize(this.limit)) throw new RlpxError('RLPX_PROTOCOL', `a message of ${rest.length} bytes`)
    return { code, payload: this.snappy ? snappyRead(rest, this.limit) : rest }
  }

  #check (expected: Uint8Array, found: Uint8Array): void {
    if (!timingSafeEqual(expected, found)) throw new RlpxError('RLPX_PROTOCOL', 'a frame with a wrong MAC')
  }
}

function padded (size: number): number {
  return Math.ceil(size / 16) * 16
}

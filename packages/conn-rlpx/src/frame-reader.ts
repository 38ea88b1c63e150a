import { createDecipheriv } from 'node:crypto'
import { ByteQueue } from './byte-queue.ts'
import { RlpxError } from './errors.ts'
import { DISCONNECT, HEADER, padded } from './frame.ts'
import { FrameMac, MAC_SIZE } from './frame-mac.ts'
import type { Secrets } from './handshake.ts'
import { snappyRead, snappySize } from './snappy.ts'

/** The most bytes of a message code in a frame. */
const LONGEST_CODE = 3

/** One message: its code in the session's code space, and its payload behind one byte that is the receiver's to fill. */
export interface RlpxMessage {
  readonly code: number
  readonly message: Uint8Array
}

/** Finds messages in the bytes of a connection. Nothing is read before its MAC was checked. */
export class FrameReader {
  /** Whether payloads are compressed: after the hellos, with a remote of version 5 or later. */
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
    this.#size ??= this.#header()
    const size = this.#size
    if (size === undefined) return undefined
    const sealed = this.#bytes.take(padded(size) + MAC_SIZE)
    if (sealed === undefined) return undefined
    const end = sealed.length - MAC_SIZE
    const body = sealed.subarray(0, end)
    check(this.#mac.body(body), sealed, end)
    this.#size = undefined
    // An array of its own, which the receiver may keep.
    const { buffer, byteOffset } = this.#cipher.update(body)
    return this.#message(new Uint8Array(buffer, byteOffset, size))
  }

  #header (): number | undefined {
    const sealed = this.#bytes.take(HEADER + MAC_SIZE)
    if (sealed === undefined) return undefined
    const header = sealed.subarray(0, HEADER)
    check(this.#mac.header(header), sealed, HEADER)
    const [high, mid, low] = this.#cipher.update(header) as unknown as [number, number, number]
    const size = high * 65_536 + mid * 256 + low
    // Compression that makes nothing smaller adds its own header.
    if (size > snappySize(this.limit) + LONGEST_CODE) throw new RlpxError('RLPX_PROTOCOL', `a frame of ${size} bytes`)
    if (size === 0) throw new RlpxError('RLPX_PROTOCOL', 'an empty frame')
    return size
  }

  #message (frame: Uint8Array): RlpxMessage {
    const first = frame[0]!
    const head = first <= 0x80 ? 1 : first - 0x7f
    if (first === 0 || head > LONGEST_CODE || head > frame.length) throw new RlpxError('RLPX_PROTOCOL', 'not a message code')
    const code = head === 1 ? first & 0x7f : head === 2 ? frame[1]! : frame[1]! * 256 + frame[2]!
    if ((head === 2 && code < 0x80) || (head === 3 && code < 0x100)) throw new RlpxError('RLPX_PROTOCOL', 'a message code in more bytes than it needs')
    return { code, message: this.snappy ? this.#decompress(code, frame, head) : this.#plain(frame, head) }
  }

  #decompress (code: number, frame: Uint8Array, head: number): Uint8Array {
    try {
      return snappyRead(frame, head, this.limit)
    } catch (error) {
      // Some never compress a goodbye; no such payload is a block that can be read.
      if (code === DISCONNECT) return this.#plain(frame, head)
      throw error
    }
  }

  #plain (frame: Uint8Array, head: number): Uint8Array {
    const length = frame.length - head
    if (length > this.limit) throw new RlpxError('RLPX_PROTOCOL', `a message of ${length} bytes, not at most ${this.limit}`)
    return frame.subarray(head - 1)
  }
}

/** Compares a MAC in `bytes` at `at`, taking as long wherever they differ. */
function check (digest: Uint8Array, bytes: Uint8Array, at: number): void {
  let difference = 0
  for (let i = 0; i < MAC_SIZE; i++) difference |= digest[i]! ^ bytes[at + i]!
  if (difference !== 0) throw new RlpxError('RLPX_PROTOCOL', 'a frame with a wrong MAC')
}

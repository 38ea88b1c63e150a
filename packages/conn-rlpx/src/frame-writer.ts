import { createCipheriv } from 'node:crypto'
import { FrameMac, MAC_SIZE } from './frame-mac.ts'
import type { Secrets } from './handshake.ts'
import { HEADER, HEADER_DATA, MAX_CODE, MAX_FRAME, padded } from './frame.ts'
import { snappySize, snappyWrite } from './snappy.ts'

/** Bytes of the buffer that frames are gathered in; one frame alone may need more. */
const GATHERED = 65_536
/** Buffers that are free; they are used within one turn of the event loop only, so that few do for all connections. */
const free: Uint8Array[] = []
const KEPT = 8
const EMPTY = new Uint8Array(0)

/** Turns messages into encrypted frames: gathers them in the clear, and seals all of them in one go. */
export class FrameWriter {
  /** Whether payloads are compressed: after the hellos, with a remote of version 5 or later. */
  snappy = false
  readonly #cipher: ReturnType<typeof createCipheriv>
  readonly #mac: FrameMac
  #plain: Uint8Array = EMPTY
  /** Bytes gathered in `#plain`. */
  #length = 0
  /** Padded size of each body gathered. */
  #bodies: number[] = []

  constructor (secrets: Secrets) {
    this.#cipher = createCipheriv('aes-256-ctr', secrets.aes, new Uint8Array(16))
    this.#mac = new FrameMac(secrets.mac, secrets.egress)
  }

  /** Bytes that wait to be sealed. */
  get length (): number {
    return this.#length
  }

  /**
   * Gathers a message; `message` may change afterwards.
   *
   * @param code - in the session's code space.
   * @param message - the payload, from `from` on.
   */
  add (code: number, message: Uint8Array, from: number): void {
    const { snappy } = this
    const payload = from === 0 ? message : message.subarray(from)
    const head = code < 0x80 ? 1 : code < 0x100 ? 2 : 3
    const size = head + (snappy ? snappySize(payload.length) : payload.length)
    if (size > MAX_FRAME || code > MAX_CODE) throw new RangeError(`a frame of ${size} bytes with code ${code}`)
    const body = padded(size)
    this.#reserve(HEADER + body)
    const plain = this.#plain
    const at = this.#length
    this.#length = at + HEADER + body
    this.#bodies.push(body)
    plain.fill(0, at, at + HEADER)
    plain[at] = size >>> 16
    plain[at + 1] = size >>> 8
    plain[at + 2] = size
    plain.set(HEADER_DATA, at + 3)
    let to = at + HEADER
    if (head === 1) {
      plain[to++] = code === 0 ? 0x80 : code
    } else {
      plain[to++] = 0x7f + head
      if (head === 3) plain[to++] = code >>> 8
      plain[to++] = code
    }
    if (snappy) to = snappyWrite(plain, to, payload)
    else { plain.set(payload, to); to += payload.length }
    // The buffer had other bytes before.
    plain.fill(0, to, this.#length)
  }

  /** Takes everything that was gathered, as it goes over the wire. */
  seal (): Uint8Array {
    const sealed = this.#cipher.update(this.#plain.subarray(0, this.#length))
    const bytes = new Uint8Array(sealed.buffer, sealed.byteOffset, sealed.length)
    const out = Buffer.allocUnsafeSlow(bytes.length + this.#bodies.length * 2 * MAC_SIZE)
    let from = 0
    let to = 0
    for (const body of this.#bodies) {
      const header = bytes.subarray(from, from + HEADER)
      out.set(header, to)
      put(out, to + HEADER, this.#mac.header(header))
      from += HEADER
      to += HEADER + MAC_SIZE
      const frame = bytes.subarray(from, from + body)
      out.set(frame, to)
      put(out, to + body, this.#mac.body(frame))
      from += body
      to += body + MAC_SIZE
    }
    this.drop()
    return out
  }

  /** Forgets what was gathered and not sealed. */
  drop (): void {
    if (this.#plain.length === GATHERED && free.length < KEPT) free.push(this.#plain)
    this.#plain = EMPTY
    this.#length = 0
    this.#bodies = []
  }

  #reserve (more: number): void {
    const needed = this.#length + more
    if (needed <= this.#plain.length) return
    const grown = needed <= GATHERED ? free.pop() ?? new Uint8Array(GATHERED) : new Uint8Array(needed)
    grown.set(this.#plain.subarray(0, this.#length))
    this.#plain = grown
  }
}

function put (to: Uint8Array, at: number, digest: Uint8Array): void {
  for (let i = 0; i < MAC_SIZE; i++) to[at + i] = digest[i]!
}

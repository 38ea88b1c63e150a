import type { Socket } from 'node:net'
import { FrameWriter } from './frame-writer.ts'
import type { Secrets } from './handshake.ts'

/** Bytes of ready messages that go out in one write. */
const MERGED = 61_440

/** What a session has to say: messages to as few writes as they fit in, no faster than the remote takes them. */
export class Outbox {
  readonly #socket: Socket
  readonly #writer: FrameWriter
  readonly #highWater: number
  /** Senders that are held back. */
  #waiting: Array<() => void> = []
  #isDue = false
  #isOver = false

  constructor (socket: Socket, secrets: Secrets, highWater: number) {
    this.#socket = socket
    this.#writer = new FrameWriter(secrets)
    this.#highWater = highWater
  }

  /** See {@link FrameWriter.snappy}. */
  set snappy (isOn: boolean) {
    this.#writer.snappy = isOn
  }

  get hasRoom (): boolean {
    return this.#isOver || this.#socket.writableLength + this.#writer.length <= this.#highWater
  }

  /** Resolves when there is room for more; `undefined` where there is. */
  room (): Promise<void> | undefined {
    return this.hasRoom ? undefined : new Promise(resolve => { this.#waiting.push(resolve) })
  }

  /** Takes a message, as {@link FrameWriter.add} does; what is ready at the same time goes out in one write. */
  add (code: number, message: Uint8Array, from: number): void {
    if (this.#isOver) return
    this.#writer.add(code, message, from)
    if (this.#writer.length >= MERGED) return this.flush()
    if (this.#isDue) return
    this.#isDue = true
    // Runs once no promise job is left: nothing more is ready by then.
    process.nextTick(() => {
      this.#isDue = false
      this.flush()
    })
  }

  /** Writes what was taken so far. */
  flush (): void {
    if (this.#writer.length === 0) return
    if (this.#socket.writable) this.#socket.write(this.#writer.seal(), this.#written)
    else this.#writer.drop()
  }

  /** Forgets what was taken and not written. */
  drop (): void {
    this.#writer.drop()
  }

  /** Takes nothing more, and lets everyone go on, to find that the session is over. */
  end (): void {
    this.#isOver = true
    this.#wake()
  }

  readonly #written = (): void => { if (this.#waiting.length > 0 && this.hasRoom) this.#wake() }

  #wake (): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

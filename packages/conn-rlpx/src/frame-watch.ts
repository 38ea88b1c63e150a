import type { Clock } from '@skep/interface'
import { RlpxError } from './errors.ts'

/** Milliseconds that a timer may be late in a process that is only busy. */
const STALL = 1_000

/** Sees to it that a frame which has begun ends in time. One timer does, however many frames pass. */
export class FrameWatch {
  readonly #clock: Clock
  readonly #timeout: number
  readonly #session: { readonly isWaiting: () => boolean, readonly late: (error: RlpxError) => void }
  /** When the frame that is under way began. */
  #began = 0
  #isAmid = false
  #cancel: (() => void) | undefined

  constructor (clock: Clock, timeout: number, session: { readonly isWaiting: () => boolean, readonly late: (error: RlpxError) => void }) {
    this.#clock = clock
    this.#timeout = timeout
    this.#session = session
  }

  /** Something came; `isProgress` says that it completed a frame. */
  look (isProgress: boolean): void {
    if (isProgress || !this.#isAmid) this.#began = this.#clock.now()
    this.#isAmid = this.#session.isWaiting()
    if (this.#isAmid && this.#cancel === undefined) this.#wait(this.#timeout)
  }

  /** We did not read for a while. */
  restart (): void {
    this.#began = this.#clock.now()
  }

  stop (): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #wait (ms: number): void {
    const due = this.#clock.now() + ms
    this.#cancel = this.#clock.after(ms, () => {
      // What came while this process was busy is read before the verdict.
      setImmediate(() => {
        if (this.#cancel === undefined) return
        this.#cancel = undefined
        if (this.#session.isWaiting()) this.#judge(due)
      })
    })
  }

  #judge (due: number): void {
    const now = this.#clock.now()
    // A timer that comes much too late tells of a process that stood still, not of the remote.
    if (now - due > STALL) this.#began = now
    const left = this.#began + this.#timeout - now
    if (left > 0) this.#wait(left)
    else this.#session.late(new RlpxError('RLPX_TIMEOUT', `a frame took more than ${this.#timeout} ms`, 'TIMEOUT'))
  }
}

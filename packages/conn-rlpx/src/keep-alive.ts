import type { Clock } from '@skep/interface'

/** What the keep-alive needs of its session. */
export interface KeepAliveNeeds {
  readonly clock: Clock
  /** Milliseconds between pings, and of silence until the remote is dead. */
  readonly keepAlive: number
  readonly dead: number
  /** Whether we listen: who does not hears nothing. */
  readonly isListening: () => boolean
  readonly ping: () => void
  readonly silent: () => void
}

/** Pings, and looks whether the remote is alive. */
export class KeepAlive {
  readonly #needs: KeepAliveNeeds
  /** When the remote was heard last. */
  #heard: number
  #cancel = (): void => {}

  constructor (needs: KeepAliveNeeds) {
    this.#needs = needs
    this.#heard = needs.clock.now()
  }

  /** The remote was heard, or could not have been. */
  heard (): void {
    this.#heard = this.#needs.clock.now()
  }

  start (): void {
    const { clock, keepAlive, dead, isListening, ping, silent } = this.#needs
    const began = clock.now()
    this.#cancel = clock.after(keepAlive, () => {
      const now = clock.now()
      // A timer that comes this late tells of a machine that slept, not of a dead remote.
      if (now - began > 2 * keepAlive) this.#heard = now
      if (isListening() && now - this.#heard >= dead) return silent()
      ping()
      this.start()
    })
  }

  stop (): void {
    this.#cancel()
  }
}

import type { Clock } from '@skep/interface'

/** A clock without timers, for tests in which only the time of day counts: cheap to move. */
export class HandClock implements Clock {
  time = 0

  now (): number {
    return this.time
  }

  wall (): number {
    return this.time
  }

  after (): () => void {
    return () => {}
  }
}

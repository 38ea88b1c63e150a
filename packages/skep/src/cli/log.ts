import type { Clock } from '@skep/interface'

/** How much is written. */
export interface LogLimits {
  /** Bytes a second, in the long run. Defaults to 4,096: four peers that each fill their share (limits.md, log bytes per peer). */
  readonly rate?: number
  /** Bytes that may come at once. Defaults to 65,536. */
  readonly burst?: number
}

/** Bytes of one line at most. */
const MAX_LINE = 1_000

/**
 * Makes a log of dated lines that others cannot flood: what is too much is left out, and counted.
 *
 * @param write - gets whole lines.
 */
export function limitedLog (clock: Clock, write: (line: string) => void, limits: LogLimits = {}): (line: string) => void {
  const { rate = 4096, burst = 65_536 } = limits
  let tokens = burst
  let at = clock.now()
  let left = 0
  return line => {
    const now = clock.now()
    tokens = Math.min(burst, tokens + (now - at) / 1000 * rate)
    at = now
    if (tokens < MAX_LINE) {
      left++
      return
    }
    const dated = (text: string): string => `${new Date(clock.wall()).toISOString()} ${text.slice(0, MAX_LINE)}\n`
    // A remote's words may hold anything; a log has one line for each event.
    const text = (left > 0 ? dated(`${left} lines are left out`) : '') + dated(line.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' '))
    left = 0
    tokens -= text.length
    write(text)
  }
}

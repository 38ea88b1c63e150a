import { CliError } from './errors.ts'
import type { Io } from './io.ts'

/** Signals that ask a program to leave. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs `work` with a signal that aborts when the process is asked to leave. */
export async function withSignals<T> (io: Io, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const stop = (): void => controller.abort(new CliError('stopped before the end'))
  for (const name of STOP_SIGNALS) io.on(name, stop)
  try {
    return await work(controller.signal)
  } finally {
    for (const name of STOP_SIGNALS) io.off(name, stop)
  }
}

import type { Clock } from '@skep/interface'
import { ApiError } from './errors.ts'

/**
 * Waits for `work`, but no longer than `ms`, and no longer than `transfer` lives.
 *
 * When time is up `transfer` is aborted, which is how the work learns of it.
 *
 * @throws ApiError - API_NOT_FOUND when time is up.
 */
export async function within<T> (clock: Clock, ms: number, transfer: AbortController, work: Promise<T>): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    const { signal } = transfer
    const stop = clock.after(ms, () => transfer.abort(new ApiError('API_NOT_FOUND', `not found within ${ms / 1000} s`)))
    const cut = (): void => reject(signal.reason as Error)
    const done = (): void => {
      stop()
      signal.removeEventListener('abort', cut)
    }
    signal.addEventListener('abort', cut)
    if (signal.aborted) cut()
    work.then(resolve, reject).finally(done)
  })
}

/** Makes the handle on one transfer: aborted when the client goes away, or by us. */
export function transferOf (request: Request): AbortController {
  const transfer = new AbortController()
  const { signal } = request
  if (signal.aborted) transfer.abort(signal.reason)
  else signal.addEventListener('abort', () => transfer.abort(signal.reason), { once: true })
  return transfer
}

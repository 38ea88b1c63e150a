import type { Clock } from '@skep/interface'
import { systemClock } from '@skep/runtime'

/** How the API behaves, and how much it takes on at once. */
export interface ApiOptions {
  /** Name and version of the program, for `/health`. Defaults to `skep`. */
  readonly version?: string
  /** Time, for the limits and the timestamps. Defaults to the platform's. */
  readonly clock?: Clock
  /** How long a chunk or the beginning of a file is looked for, in milliseconds, before the answer is 404. Defaults to 25,000. */
  readonly findTimeout?: number
  /** Uploads and downloads that run at once; more are told 503. Defaults to 64. */
  readonly maxTransfers?: number
  /** Clients of `/events` at once; more are told 503. Defaults to 16. */
  readonly maxEventStreams?: number
  /** Events kept for one client that reads too slowly; with one more it is cut. Defaults to 1,024. */
  readonly maxQueuedEvents?: number
  /** Silence on `/events` after which a comment shows that the node is alive, in milliseconds. Defaults to 15,000. */
  readonly heartbeat?: number
  /** Addresses in one `POST /chunks/has`. Defaults to 4,096. */
  readonly maxAddresses?: number
  /** Samples of one metric in `GET /metrics`; more are left out, and counted. Defaults to 256. */
  readonly maxMetricSamples?: number
  /** Web origins whose pages may use the API. Defaults to none: requests of any page are refused. */
  readonly allowedOrigins?: readonly string[]
  /** Names under which the API may be called, without the port; checked against the Host header. Defaults to any. */
  readonly allowedHosts?: readonly string[]
}

/** {@link ApiOptions} with every default filled in. */
export type ApiSettings = Required<Omit<ApiOptions, 'allowedHosts'>> & Pick<ApiOptions, 'allowedHosts'>

export function settings (options: ApiOptions = {}): ApiSettings {
  return {
    version: 'skep',
    clock: systemClock,
    // Under the 30 s that a client is promised, with room for the answer itself.
    findTimeout: 25_000,
    maxTransfers: 64,
    maxEventStreams: 16,
    maxQueuedEvents: 1024,
    heartbeat: 15_000,
    maxAddresses: 4096,
    maxMetricSamples: 256,
    allowedOrigins: [],
    ...options
  }
}

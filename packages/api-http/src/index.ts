/**
 * An HTTP API in the paths and shapes of Bee, over anything that stores and finds chunks.
 *
 * @packageDocumentation
 */
export { createApi, type Api } from './api.ts'
export type { ApiBin, ApiEvent, ApiPeer, ApiStatus, Backend, FoundFile, Metric, MetricSample, StoredFile } from './backend.ts'
export type { ApiEnv } from './env.ts'
export { ApiError, type ApiErrorCode, type ErrorBody } from './errors.ts'
export { BEE_API_VERSION } from './info.ts'
export type { ApiOptions } from './options.ts'
export { serve, type Served, type ServeOptions } from './serve.ts'

/**
 * Whom to ask for a chunk, forwarding to strictly closer peers, answering.
 *
 * @packageDocumentation
 */
export { RetrievalError, type RetrievalErrorCode } from './errors.ts'
export type { RetrievalOptions } from './options.ts'
export { Retrieval, type AskedOptions, type RetrievalNeeds, type RetrievalStreamer } from './retrieval.ts'

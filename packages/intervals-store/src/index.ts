/**
 * Ranges of a stream that are covered, kept in a Store by peer, stream and epoch.
 *
 * @packageDocumentation
 */
export {}

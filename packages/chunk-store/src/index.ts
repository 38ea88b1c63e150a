/**
 * Chunks on a Store, indexed by proximity bin in one dense sequence per bin.
 *
 * @packageDocumentation
 */
export {}

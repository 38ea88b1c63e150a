/** Bytes of content in a full chunk. Swarm's, since v0.2. */
export const CHUNK_SIZE = 4096

/** Bytes of a segment of the BMT, of a hash, and of a reference that is not encrypted. */
export const SEGMENT_SIZE = 32

/** References in a full intermediate chunk: `CHUNK_SIZE / SEGMENT_SIZE`. */
export const BRANCHES = 128

/** Bytes of the span in front of the payload: an unsigned 64-bit integer, little endian. */
export const SPAN_SIZE = 8

/** Bytes of the longest content chunk, span included. */
export const MAX_CHUNK_DATA = SPAN_SIZE + CHUNK_SIZE

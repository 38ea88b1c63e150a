/** Which stream of which peer, in which life of that peer's store. */
export interface StreamId {
  /** The peer's overlay address in hexadecimal. */
  readonly peer: string
  /** The stream, `SYNC|3` for example. */
  readonly stream: string
  /** The epoch that the indices belong to; empty for a peer that tells none. */
  readonly epoch: string
}

/** The first byte of every key of this package in a shared store: `i`. */
const PREFIX = 0x69

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * The key of a record. Every part carries its length in front, so that no key, and
 * no beginning made of whole parts, is the beginning of another's.
 *
 * @throws RangeError - if a part is over 65,535 bytes long.
 */
export function recordKey ({ peer, stream, epoch }: StreamId): Uint8Array {
  return join([peer, stream, epoch])
}

/** The keys of one peer, or of all: from `gte` up to but without `lt`. */
export function keyRange (peer?: string): { gte: Uint8Array, lt: Uint8Array } {
  const gte = join(peer === undefined ? [] : [peer])
  const lt = gte.slice()
  // The last byte below 0xff is counted up; the prefix is one, so there always is.
  let at = lt.length - 1
  while (lt[at] === 0xff) at--
  lt[at]!++
  return { gte, lt: lt.subarray(0, at + 1) }
}

/** Reads a key back; `undefined` if it is none of ours. */
export function parseKey (key: Uint8Array): StreamId | undefined {
  if (key[0] !== PREFIX) return undefined
  const parts: string[] = []
  let at = 1
  while (at < key.length) {
    const length = key[at]! << 8 | (key[at + 1] ?? 0)
    at += 2
    if (at + length > key.length) return undefined
    try {
      parts.push(decoder.decode(key.subarray(at, at + length)))
    } catch {
      return undefined
    }
    at += length
  }
  const [peer, stream, epoch, more] = parts
  return epoch === undefined || more !== undefined ? undefined : { peer: peer!, stream: stream!, epoch }
}

/**
 * The key under which the original keeps the intervals of a stream: node id, then
 * stream, without anything between them.
 *
 * @param nodeId - 128 hexadecimal characters.
 */
export function legacyKey (nodeId: string, name: string, key: string, live: boolean): string {
  return `${nodeId}${name}|${key}|${live ? 'l' : 'h'}`
}

function join (parts: readonly string[]): Uint8Array {
  const encoded = parts.map(part => encoder.encode(part))
  const key = new Uint8Array(encoded.reduce((sum, part) => sum + 2 + part.length, 1))
  key[0] = PREFIX
  let at = 1
  for (const part of encoded) {
    if (part.length > 0xffff) throw new RangeError(`a key part of ${part.length} bytes`)
    key[at++] = part.length >> 8
    key[at++] = part.length & 0xff
    key.set(part, at)
    at += part.length
  }
  return key
}

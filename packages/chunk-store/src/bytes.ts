/** Bytes of an address. */
export const ADDRESS_SIZE = 32

/** Writes a safe integer as 8 bytes, most significant first, so that order of bytes is order of numbers. */
export function writeU64 (bytes: Uint8Array, at: number, value: number): void {
  // Byte by byte: making a DataView for each key costs more than writing it.
  const high = Math.floor(value / 0x1_0000_0000)
  bytes[at] = high >>> 24
  bytes[at + 1] = high >>> 16
  bytes[at + 2] = high >>> 8
  bytes[at + 3] = high
  bytes[at + 4] = value >>> 24
  bytes[at + 5] = value >>> 16
  bytes[at + 6] = value >>> 8
  bytes[at + 7] = value
}

/** Reads what {@link writeU64} wrote; not a safe integer where the bytes are damaged. */
export function readU64 (bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 4)
}

/** Writes 32 bits, most significant byte first. */
export function writeU32 (bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

/** Reads what {@link writeU32} wrote. */
export function readU32 (bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

/** Whether two byte strings of the same length are the same. */
export function same (a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** The prime of FNV-1a for 32 bits. */
const PRIME = 0x01000193

/**
 * A checksum against bit rot, not against anybody: FNV-1a over little-endian words of
 * 32 bits in four lanes that take turns, from byte `from` on. The last word is filled up
 * with zeros; it, the length, and the other three lanes are mixed into the first.
 *
 * Each step is a bijection of its lane, so a change within one word never goes unseen. One
 * lane alone would wait for each multiplication: four take a third of the time.
 */
export function checksum (bytes: Uint8Array, from: number): number {
  const start = bytes.byteOffset + from
  const count = (bytes.length - from) >> 2
  const words = LITTLE_ENDIAN && start % 4 === 0 ? new Int32Array(bytes.buffer, start, count) : inOrder(bytes, from, count)
  const even = count & ~3
  let a = 0x811c9dc5 | 0
  let b = a
  let c = a
  let d = a
  let at = 0
  for (; at < even; at += 4) {
    a = Math.imul(a ^ words[at]!, PRIME)
    b = Math.imul(b ^ words[at + 1]!, PRIME)
    c = Math.imul(c ^ words[at + 2]!, PRIME)
    d = Math.imul(d ^ words[at + 3]!, PRIME)
  }
  for (; at < count; at++) a = Math.imul(a ^ words[at]!, PRIME)
  let rest = 0
  for (let last = bytes.length - 1; last >= from + 4 * count; last--) rest = (rest << 8) | bytes[last]!
  let sum = Math.imul(a ^ rest ^ bytes.length, PRIME)
  for (const lane of [b, c, d]) sum = Math.imul(sum ^ lane, PRIME)
  return sum >>> 0
}

/** Whether memory can be read as words as it is; almost every machine's can. */
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Reads words that do not lie as the machine reads them: half as fast. */
function inOrder (bytes: Uint8Array, from: number, count: number): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, 4 * count)
  const words = new Int32Array(count)
  for (let i = 0; i < count; i++) words[i] = view.getInt32(4 * i, true)
  return words
}

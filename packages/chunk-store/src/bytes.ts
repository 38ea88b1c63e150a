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

/** Makes a short string of an address, for a Map: one character a byte. */
export function nameOf (address: Uint8Array): string {
  return String.fromCharCode.apply(null, address as unknown as number[])
}

/** Whether two byte strings of the same length are the same. */
export function same (a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/**
 * A checksum against bit rot, not against anybody: FNV-1a over little-endian words of
 * 32 bits, the last one filled up with zeros, from byte `from` on.
 *
 * Each step is a bijection of the state, so a change within one word never goes unseen.
 */
export function checksum (bytes: Uint8Array, from: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = from + ((bytes.length - from) & ~3)
  let hash = 0x811c9dc5
  for (let at = from; at < whole; at += 4) hash = Math.imul(hash ^ view.getUint32(at, true), 0x01000193)
  let rest = 0
  for (let at = bytes.length - 1; at >= whole; at--) rest = (rest << 8) | bytes[at]!
  return Math.imul(hash ^ rest ^ bytes.length, 0x01000193) >>> 0
}

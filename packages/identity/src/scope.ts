/**
 * From where an underlay can be reached.
 *
 * - `loopback`, `private`, `public`: by its IP address; link-local, shared (RFC 6598) and unique local count as private.
 * - `memory`: within one process.
 * - `unspecified`: any address of the host, or port 0: nobody can dial it.
 * - `reserved`: multicast, broadcast, documentation and the like: nobody should.
 * - `name`: a host name, which may resolve to any of these.
 */
export type Scope = 'loopback' | 'private' | 'public' | 'memory' | 'unspecified' | 'reserved' | 'name'

/** Special-use blocks (IANA registries of RFC 6890), the narrower before the wider. */
const V4: ReadonlyArray<readonly [block: readonly number[], bits: number, scope: Scope]> = [
  [[0, 0, 0, 0], 32, 'unspecified'],
  [[0], 8, 'reserved'],
  [[10], 8, 'private'],
  [[100, 64], 10, 'private'],
  [[127], 8, 'loopback'],
  [[169, 254], 16, 'private'],
  [[172, 16], 12, 'private'],
  [[192, 0, 0], 24, 'reserved'],
  [[192, 0, 2], 24, 'reserved'],
  [[192, 88, 99], 24, 'reserved'],
  [[192, 168], 16, 'private'],
  [[198, 18], 15, 'reserved'],
  [[198, 51, 100], 24, 'reserved'],
  [[203, 0, 113], 24, 'reserved'],
  [[224], 3, 'reserved']
]

const V6: ReadonlyArray<readonly [block: readonly number[], bits: number, scope: Scope]> = [
  [[], 128, 'unspecified'],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 128, 'loopback'],
  [[0x01, 0x00], 64, 'reserved'],
  [[0x20, 0x01, 0x00, 0x00], 23, 'reserved'],
  [[0x20, 0x01, 0x0d, 0xb8], 32, 'reserved'],
  [[0x3f, 0xff], 20, 'reserved'],
  [[0xfc], 7, 'private'],
  [[0xfe, 0x80], 10, 'private'],
  [[0x20], 3, 'public']
]

/** Blocks that carry an IPv4 address: compatible (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056). */
const EMBEDDING: ReadonlyArray<readonly [block: readonly number[], bits: number, at: number]> = [
  [[], 96, 12],
  [[0x00, 0x64, 0xff, 0x9b], 96, 12],
  [[0x20, 0x02], 16, 2]
]

/** Tells where an IP address, 4 or 16 bytes, can be reached from. */
export function scopeOfIp (ip: Uint8Array): Scope {
  if (ip.length === 4) return V4.find(([block, bits]) => isWithin(ip, block, bits))?.[2] ?? 'public'
  const special = V6.slice(0, 2).find(([block, bits]) => isWithin(ip, block, bits))
  if (special !== undefined) return special[2]
  const embedded = EMBEDDING.find(([block, bits]) => isWithin(ip, block, bits))
  if (embedded !== undefined) return scopeOfIp(ip.subarray(embedded[2], embedded[2] + 4))
  // Only 2000::/3 is global unicast; all that is not listed is not assigned.
  return V6.find(([block, bits]) => isWithin(ip, block, bits))?.[2] ?? 'reserved'
}

function isWithin (ip: Uint8Array, block: readonly number[], bits: number): boolean {
  for (let i = 0; i * 8 < bits; i++) {
    const mask = bits - i * 8 >= 8 ? 0xff : 0xff << (8 - (bits - i * 8)) & 0xff
    if (((ip[i]! ^ (block[i] ?? 0)) & mask) !== 0) return false
  }
  return true
}

import type { Address } from '@skep/interface'
import { sameBytes } from '../bytes.ts'
import { decodeMetadata, metadataAddress, metadataHash } from './metadata.ts'
import { ownerOf } from './signature.ts'
import type { Recover } from './signature.ts'
import { decodeUpdate, updateAddress, updateDigest } from './update.ts'

/**
 * Tells whether a chunk of a mutable resource belongs at an address.
 *
 * The original looks at the address of metadata only, so any bytes that begin with two
 * zeros have one; here they must be metadata.
 */
export function resourceAccepts (address: Address, data: Uint8Array, recover: Recover): boolean {
  if (data[0] === 0 && data[1] === 0) {
    const metadata = decodeMetadata(data)
    return metadata !== undefined && sameBytes(metadataAddress(metadataHash(data), metadata.owner), address)
  }
  const update = decodeUpdate(data)
  if (update === undefined) return false
  if (!sameBytes(updateAddress(update.rootAddress, update.period, update.version), address)) return false
  const owner = ownerOf(recover, updateDigest(data), update.signature)
  return owner !== undefined && sameBytes(metadataAddress(update.metaHash, owner), update.rootAddress)
}

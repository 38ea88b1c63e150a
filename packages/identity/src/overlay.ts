import type { Address } from '@skep/interface'
import { keccak256 } from '@skep/keccak'

/** Length of an overlay address in bytes. */
export const OVERLAY_SIZE = 32

/**
 * Derives an overlay address from a node id, as the simulations of v1.8.15 do: Keccak-256 of its 64 bytes.
 *
 * @throws RangeError - if the id is not 64 bytes.
 */
export function overlayFromNodeId (nodeId: Uint8Array): Address {
  if (nodeId.length !== 64) throw new RangeError(`a node id is 64 bytes, not ${nodeId.length}`)
  return keccak256(nodeId)
}

/**
 * Derives an overlay address from a public key, as the swarm command of v1.8.15 does: Keccak-256 of its 65 bytes.
 *
 * @throws RangeError - if the key is not 65 bytes.
 */
export function overlayFromPublicKey (publicKey: Uint8Array): Address {
  if (publicKey.length !== 65) throw new RangeError(`an uncompressed public key is 65 bytes, not ${publicKey.length}`)
  return keccak256(publicKey)
}

/**
 * Keys, signatures, node ids, overlay addresses and peer records.
 *
 * @packageDocumentation
 */
export { nodeIdOf, randomRecord, recordFromNodeId, recordsText, recordText } from './addr.ts'
export { nobleCurve, type Curve } from './curve.ts'
export { formatEnode, isEnode, parseEnode, type Enode } from './enode.ts'
export { IdentityError, type IdentityErrorCode } from './errors.ts'
export { formatIp, parseIp } from './ip.ts'
export { generateKey, identity, KEY_SIZE, NODE_ID_SIZE, publicKeyFromNodeId, recover, SIGNATURE_SIZE, type Identity } from './keys.ts'
export { withObservedHost } from './observed.ts'
export { OVERLAY_SIZE, overlayFromNodeId, overlayFromPublicKey } from './overlay.ts'
export { bzzAddr, recordFromBzzAddr, recordToBzzAddr, type BzzAddr, type PeerRecord } from './record.ts'
export { scopeOfIp, type Scope } from './scope.ts'
export {
  MAX_AHEAD, signRecord, signedRecord, signedRecordFromWire, signedRecordToWire, verifyRecord, type SignedRecord, type WireRecord
} from './signed-record.ts'
export { formatUnderlay, isUnderlay, MAX_UNDERLAY, MAX_UNDERLAYS, parseUnderlay, scopeOf, type Underlay } from './underlay.ts'

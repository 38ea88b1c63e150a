/**
 * A Kademlia table: bins, depth, saturation, whom to dial next, health.
 *
 * @packageDocumentation
 */
export { balanced } from './balanced.ts'
export type { RefusedCode } from './book.ts'
export { depthOf, NEIGHBOURS, reachOf, saturationOf } from './depth.ts'
export type { Entry, KadPeer, KadRecord } from './entry.ts'
export type { Health, MissingNeighbour, MissingReason } from './health.ts'
export { Kademlia, type OnResult, type RegisterResult } from './kademlia.ts'
export type { Change } from './notice.ts'
export type { KademliaOptions, Settings } from './options.ts'
export { peerPot, peerPots, type PeerPot } from './peer-pots.ts'
export type { Entries, Policy, PolicyOf, Suggestion, View } from './policy.ts'
export type { BinSnapshot, TableSnapshot } from './snapshot.ts'
export { V1815, v1815, type V1815Params, type V1815Policy } from './v1815.ts'
export { v1815Bins, v1815Each, v1815Health, v1815PeerPots, type V1815Health, type V1815PeerPot } from './v1815-view.ts'

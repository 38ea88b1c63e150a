/**
 * A Kademlia table: bins, depth, saturation, whom to dial next, health.
 *
 * @packageDocumentation
 */
export {}

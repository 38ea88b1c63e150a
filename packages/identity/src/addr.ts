import type { Random } from '@skep/interface'
import { toString } from 'uint8arrays/to-string'
import { formatEnode, isEnode, parseEnode } from './enode.ts'
import { generateKey, identity } from './keys.ts'
import { overlayFromNodeId } from './overlay.ts'
import type { PeerRecord } from './record.ts'

/** Where the original's simulations say that a node is. */
const HOST = '127.0.0.1'
const PORT = 30_303

/**
 * The record of a node id as the original's simulations make it: the overlay address from
 * the node id, and an enode URL.
 *
 * @throws RangeError - if the id is not 64 bytes.
 */
export function recordFromNodeId (nodeId: Uint8Array, host: string = HOST, port: number = PORT): PeerRecord {
  return { overlay: overlayFromNodeId(nodeId), underlays: [formatEnode({ id: nodeId, host, tcp: port })] }
}

/** The record of a node that nobody has the key of. */
export function randomRecord (random: Pick<Random, 'bytes'>): PeerRecord {
  return recordFromNodeId(identity(generateKey(random)).nodeId)
}

/** The node id in the first enode URL of a record; `undefined` if there is none. */
export function nodeIdOf (record: PeerRecord): Uint8Array | undefined {
  const enode = record.underlays.find(isEnode)
  return enode === undefined ? undefined : parseEnode(enode).id
}

/** A record for people to read, as the original prints it: `<overlay> <<underlay>>`. */
export function recordText ({ overlay, underlays }: PeerRecord): string {
  return `${toString(overlay, 'base16')} <${underlays[0] ?? ''}>`
}

/** The first four bytes of each address in hex, for a log line. */
export function recordsText (records: Iterable<Pick<PeerRecord, 'overlay'>>): string {
  return Array.from(records, ({ overlay }) => toString(overlay.subarray(0, 4), 'base16')).join(', ')
}

import { EMPTY_ADDRESS, type Kind } from '@skep/chunk'
import type { StreamPeer } from '@skep/streamer'
import { same } from './same.ts'
import type { Served } from './source.ts'

/** The name of the stream on the wire (sync-stream.md §1). Natively its chunks are content. */
export const SYNC = 'SYNC'

/** Each kind has a stream type of its own. */
export const STREAM_OF: Readonly<Record<Kind, string>> = {
  'content': SYNC,
  'resource': 'SYNC-RESOURCE',
  'single-owner': 'SYNC-SINGLE-OWNER'
}

/** A peer of which it may be known that it speaks stream/5 alone. */
export interface SyncPeer extends StreamPeer {
  /** False for a peer of v1.8.15. Others are taken for native. */
  readonly native?: boolean
}

/** Whether a peer speaks stream/5 alone. */
export function isLegacy (peer: StreamPeer): boolean {
  return (peer as SyncPeer).native === false
}

/**
 * Decides which chunks a stream of `kind` has for a peer.
 *
 * An old peer knows one stream for content and resources, and drops whoever offers it the
 * empty chunk or a single-owner chunk (chunk.md §4).
 */
export function servedTo (peer: StreamPeer, kind: Kind): Served {
  return isLegacy(peer) ? TO_LEGACY : TO_NATIVE[kind]
}

const only = (kind: Kind): Served => ({ kinds: [kind], serves: entry => entry.kind === kind })

const TO_NATIVE: Readonly<Record<Kind, Served>> = { 'content': only('content'), 'resource': only('resource'), 'single-owner': only('single-owner') }

const TO_LEGACY: Served = {
  kinds: ['content', 'resource'],
  serves: entry => entry.kind !== 'single-owner' && !same(entry.address, EMPTY_ADDRESS)
}

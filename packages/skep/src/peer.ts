import type { BzzPeer } from '@skep/bzz-handshake'
import type { PeerRecord, SignedRecord } from '@skep/identity'
import type { Address, CloseCode } from '@skep/interface'
import { toHex } from '@skep/pot'
import { schemeOf } from './reach.ts'

/**
 * One connection to a node whose handshake is done.
 *
 * For a moment there may be two connections to one node, until both ends have settled which
 * stays. So the key names the connection: whatever is kept by key is never mixed up.
 */
export class NodePeer {
  readonly key: string
  readonly overlay: Address
  readonly light: boolean
  /** Whether this side dialled. */
  readonly initiator: boolean
  /** Whether it speaks our own `skep-stream/1`; if not it is a node of 2018. */
  readonly native: boolean
  /** The scheme of the transport that this connection runs over. */
  readonly scheme: string
  readonly record: PeerRecord
  readonly signed?: SignedRecord
  readonly address?: string
  /** Resolves when the handshake's conns have ended, rejects if the remote said anything more on them. */
  readonly done: Promise<void>
  readonly #peer: BzzPeer

  /**
   * @param serial - told apart by it from every other connection of this process.
   * @param scheme - of the transport.
   */
  constructor (peer: BzzPeer, serial: number, { native, scheme }: { readonly native: boolean, readonly scheme: string }) {
    this.key = `${peer.key}#${serial}`
    this.overlay = peer.overlay
    this.light = peer.light
    this.initiator = peer.initiator
    this.native = native
    this.scheme = scheme
    this.record = peer.record
    if (peer.signed !== undefined) this.signed = peer.signed
    if (peer.address !== undefined) this.address = peer.address
    this.done = peer.done
    this.#peer = peer
  }

  /** Where the peer can be dialled over the transport of this connection, or else at all; empty if nowhere. */
  get underlay (): string {
    const { underlays } = this.record
    return underlays.find(underlay => schemeOf(underlay) === this.scheme) ?? underlays[0] ?? ''
  }

  /** The first four bytes of the overlay address as hex, for logs. */
  get name (): string {
    return toHex(this.overlay.subarray(0, 4))
  }

  drop (code: CloseCode): void {
    this.#peer.drop(code)
  }
}

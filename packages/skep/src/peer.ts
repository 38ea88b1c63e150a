import type { Address, CloseCode, Session } from '@skep/interface'
import type { PeerRecord } from '@skep/identity'
import { toHex } from '@skep/pot'

/** A connected node whose handshake is done. One object per connection: its identity tells two of them apart. */
export class NodePeer {
  /** The node id as hex. */
  readonly key: string
  readonly overlay: Address
  readonly light: boolean
  /** Whether this side dialled. */
  readonly initiator: boolean
  readonly record: PeerRecord
  /** Where the transport saw the remote, `host:port`. */
  readonly address?: string
  readonly #session: Session

  constructor (session: Session, remote: { readonly overlay: Address, readonly underlay: string, readonly light: boolean }) {
    this.key = toHex(session.remote.id)
    this.overlay = remote.overlay
    this.light = remote.light
    this.initiator = session.initiator
    this.record = { overlay: remote.overlay, underlays: remote.underlay === '' ? [] : [remote.underlay] }
    if (session.remote.address !== undefined) this.address = session.remote.address
    this.#session = session
  }

  /** The first four bytes of the overlay as hex, for logs. */
  get name (): string {
    return toHex(this.overlay).slice(0, 8)
  }

  drop (code: CloseCode): void {
    void this.#session.close(code)
  }
}

import type { Address, Clock, CloseCode, Conn, Session } from '@skep/interface'
import type { PeerRecord, SignedRecord } from '@skep/identity'
import { toHex } from './hex.ts'

/** What was found out about a peer before anything else is said. */
export interface Introduced {
  readonly overlay: Address
  readonly light: boolean
  /** Where it can be dialled, with the host where it was seen in place of one that means nothing. */
  readonly record: PeerRecord
  /** Its record as it signed it, if it proved who it is. */
  readonly signed?: SignedRecord
  /** Resolves when the handshake's connections have ended, rejects if the peer said anything more on them. */
  readonly done: Promise<void>
}

/** A peer whose handshake is done: one object per connection. */
export class BzzPeer {
  /** The node id in hex. */
  readonly key: string
  readonly overlay: Address
  readonly light: boolean
  /** Whether this side dialled. */
  readonly initiator: boolean
  readonly record: PeerRecord
  /** The peer's own record, signed; without it the peer has proven nothing. */
  readonly signed?: SignedRecord
  /** Where the transport saw it, `host:port`. */
  readonly address?: string
  /** Resolves when the handshake's connections have ended, rejects if the peer said anything more on them. */
  readonly done: Promise<void>
  readonly #session: Session
  readonly #clock: Clock
  #lastActive: number

  constructor (session: Session, introduced: Introduced, clock: Clock) {
    this.key = toHex(session.remote.id)
    this.overlay = introduced.overlay
    this.light = introduced.light
    this.initiator = session.initiator
    this.record = introduced.record
    this.done = introduced.done
    if (introduced.signed !== undefined) this.signed = introduced.signed
    if (session.remote.address !== undefined) this.address = session.remote.address
    this.#session = session
    this.#clock = clock
    this.#lastActive = clock.wall()
  }

  /** Whether the peer has shown that it holds the key of its overlay address. */
  get isProven (): boolean {
    return this.signed !== undefined
  }

  /** When something came from the peer last, on one of the conns that {@link BzzPeer.watch} returned; wall-clock milliseconds. */
  get lastActive (): number {
    return this.#lastActive
  }

  /** A conn that keeps {@link BzzPeer.lastActive} up to date. */
  watch (conn: Conn): Conn {
    const note = (): void => { this.#lastActive = this.#clock.wall() }
    const source = (async function * () {
      for await (const message of conn.source) {
        note()
        yield message
      }
    })()
    return {
      source,
      maxMessageSize: conn.maxMessageSize,
      sink: async messages => conn.sink(messages),
      close: async () => conn.close(),
      abort: reason => conn.abort(reason)
    }
  }

  /** Closes the connection with a reason. */
  drop (code: CloseCode = 'SUBPROTOCOL'): void {
    void this.#session.close(code)
  }
}

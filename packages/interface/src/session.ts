import type { Conn } from './conn.ts'

/** A sub-protocol as both sides name it, `bzz/6` for example. */
export interface ProtocolId {
  readonly name: string
  readonly version: number
}

/**
 * Why a session ended. The names and numbers are devp2p's disconnect reasons
 * (bzz-handshake §0).
 */
export type CloseCode =
  /** 0: asked for by the application. */
  | 'REQUESTED'
  /** 1: the transport broke. */
  | 'NETWORK'
  /** 2: a message outside the protocol. */
  | 'PROTOCOL'
  /** 3: no shared sub-protocol. */
  | 'USELESS'
  /** 4: no room. */
  | 'TOO_MANY_PEERS'
  /** 5: another connection to the same node stays. */
  | 'ALREADY_CONNECTED'
  /** 6: another version of the base protocol. */
  | 'INCOMPATIBLE'
  /** 7: the identity does not hold. */
  | 'INVALID_IDENTITY'
  /** 8: the node stops. */
  | 'QUITTING'
  /** 9: somebody else than was dialled. */
  | 'UNEXPECTED_IDENTITY'
  /** 10: ourselves. */
  | 'SELF'
  /** 11: silent for too long. */
  | 'TIMEOUT'
  /** 16: a sub-protocol ended with an error. */
  | 'SUBPROTOCOL'

/** Everything between two nodes: who is there, which side dialled, and a Conn for each sub-protocol both sides have. */
export interface Session {
  readonly remote: {
    /** The node id: 64 bytes, an uncompressed secp256k1 public key without its prefix byte. */
    readonly id: Uint8Array
    /** Whether the transport proved that the remote holds the key of `id`. */
    readonly authenticated: boolean
    /** Where the remote was seen, `127.0.0.1:30399` for example. */
    readonly address?: string
    /** Bytes that only the two ends of this very session share, where the transport has them. */
    readonly binding?: Uint8Array
  }

  /** Whether this side dialled. */
  readonly initiator: boolean

  /** The sub-protocols both sides have, the highest common version of each name, in order of name. */
  readonly protocols: readonly ProtocolId[]

  /**
   * Opens the Conn of a shared sub-protocol. Once per protocol; messages that arrive
   * before are held, within a bound.
   *
   * @throws RangeError - if the protocol is not shared or was opened before.
   */
  open (protocol: ProtocolId): Conn

  /** Resolves once, when the session has ended, however that happened. */
  readonly closed: Promise<CloseCode>

  /** Ends the session, telling the remote why. Resolves when it has ended; never rejects. */
  close (code?: CloseCode): Promise<void>
}

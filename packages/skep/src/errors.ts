/** Every way a node can refuse. Codes are API; messages are not. */
export type NodeErrorCode =
  /** Nobody who was asked has it. Trying again later may help. */
  | 'NOT_FOUND'
  /** The bytes are no content-addressed chunk. */
  | 'BAD_CHUNK'
  /** The tree under a reference contradicts itself; no other node will do better. */
  | 'BAD_TREE'
  /** A light node does not store; send it to a full one. */
  | 'LIGHT_NODE'
  /** The address to listen on cannot be used; `cause` says why. */
  | 'LISTEN'
  /** No transport dials that scheme, or the text is no underlay. */
  | 'BAD_UNDERLAY'
  /** A connection was not taken on: full, a second one to the same node, or not who was dialled. */
  | 'REFUSED'
  /** The node is stopping or has stopped. */
  | 'STOPPED'

export class NodeError extends Error {
  override readonly name = 'NodeError'
  readonly code: NodeErrorCode

  constructor (code: NodeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

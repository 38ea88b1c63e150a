import { toHex } from '@skep/pot'
import type { PeerRecord, Scope } from '@skep/identity'
import type { Limits } from './options.ts'
import { scopeOfPeer, underlaysForScope } from './scopes.ts'
import { Told } from './told.ts'
import { Tokens } from './tokens.ts'
import type { HivePeer } from './types.ts'

/** What hive keeps of one connection. */
export class Link<P extends HivePeer> {
  readonly peer: P
  /** The overlay address in hex. */
  readonly id: string
  readonly scope: Scope
  /** A peer of the original dials nothing but enode URLs. */
  readonly #onlyEnode: boolean
  readonly #told: Told
  readonly incoming: Tokens
  readonly outgoing: Tokens
  readonly answers: Tokens
  readonly messages: Tokens
  /** The proximity order from which the peer wants to hear of others. */
  depth = 0
  /** Whether messages can be sent. */
  isOpen = false
  /** Whether a request waits for its answer. */
  isOwed = false
  /** The depth that the peer was told; `undefined` before the first time. */
  depthTold: number | undefined

  constructor (peer: P, limits: Limits, now: number) {
    this.peer = peer
    this.id = toHex(peer.overlay)
    this.scope = scopeOfPeer(peer)
    this.#onlyEnode = peer.record.underlays[0]?.startsWith('enode://') === true
    this.#told = new Told(limits.maxTold)
    this.incoming = new Tokens(limits.gossipBurst, limits.gossipInterval, now)
    this.outgoing = new Tokens(limits.gossipBurst, limits.gossipInterval, now)
    this.answers = new Tokens(limits.answerBurst, limits.answerInterval, now)
    this.messages = new Tokens(limits.messageBurst, limits.messageInterval, now)
  }

  /** How many addresses are remembered as told. */
  get told (): number {
    return this.#told.size
  }

  /** Remembers that the peer knows a record, because it told us. */
  heard (record: PeerRecord): void {
    this.#told.add(record.overlay, record.underlays[0]!)
  }

  /**
   * What the peer may be told of another peer.
   *
   * @returns `undefined` if it knows, or must not, or could do nothing with it.
   */
  newsOf (other: HivePeer): PeerRecord | undefined {
    if (other.light || toHex(other.overlay) === this.id) return undefined
    const underlays = underlaysForScope(this.scope, other.record.underlays)
      .filter(underlay => !this.#onlyEnode || underlay.startsWith('enode://'))
    if (underlays.length === 0 || this.#told.has(other.overlay, underlays[0]!)) return undefined
    return { overlay: other.overlay, underlays }
  }

  /** Remembers that the peer was told. */
  tell (record: PeerRecord): void {
    this.#told.add(record.overlay, record.underlays[0]!)
  }
}

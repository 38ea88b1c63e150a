import { toHex } from '@skep/pot'
import type { PeerRecord, Scope, SignedRecord } from '@skep/identity'
import type { Limits } from './options.ts'
import type { Reach } from './reach.ts'
import { plausibleUnderlays, scopeOfPeer, underlaysForScope } from './scopes.ts'
import { Told } from './told.ts'
import { Tokens } from './tokens.ts'
import type { HivePeer } from './types.ts'

/** What a peer is told of another: signed, or the part that it can use. */
export type News =
  | { readonly record: PeerRecord, readonly signed?: undefined }
  | { readonly signed: SignedRecord, readonly record?: undefined }

/** What hive keeps of one connection. */
export class Link<P extends HivePeer> {
  readonly peer: P
  /** The overlay address in hex. */
  readonly id: string
  readonly scope: Scope
  readonly #reach: Reach<P>
  readonly #told: Told
  readonly incoming: Tokens
  readonly outgoing: Tokens
  readonly answers: Tokens
  readonly messages: Tokens
  readonly verifications: Tokens
  /** The proximity order from which the peer wants to hear of others. */
  depth = 0
  /** Whether messages can be sent. */
  isOpen = false
  /** Whether signed records can be sent too. */
  isNative = false
  /** Whether a request waits for its answer. */
  isOwed = false
  /** The depth that the peer was told; `undefined` before the first time. */
  depthTold: number | undefined

  constructor (peer: P, limits: Limits, reach: Reach<P>, now: number) {
    this.peer = peer
    this.id = toHex(peer.overlay)
    this.scope = scopeOfPeer(peer)
    this.#reach = reach
    this.#told = new Told(limits.maxTold)
    this.incoming = new Tokens(limits.gossipBurst, limits.gossipInterval, now)
    this.outgoing = new Tokens(limits.gossipBurst, limits.gossipInterval, now)
    this.answers = new Tokens(limits.answerBurst, limits.answerInterval, now)
    this.messages = new Tokens(limits.messageBurst, limits.messageInterval, now)
    this.verifications = new Tokens(limits.verifyBurst, limits.verifyInterval, now)
  }

  /** How many addresses are remembered as told. */
  get told (): number {
    return this.#told.size
  }

  /**
   * What the peer may be told of another peer.
   *
   * @returns `undefined` if it knows, or must not, or could do nothing with it.
   */
  newsOf (other: HivePeer): News | undefined {
    if (other.light || toHex(other.overlay) === this.id) return undefined
    const { signed } = other
    const usable = this.#reach.theirs(this.peer, plausibleUnderlays(other))
    // Signed it goes whole: the peer passes over what it cannot dial.
    if (this.isNative && signed !== undefined && usable.length > 0 && underlaysForScope(this.scope, signed.underlays).length === signed.underlays.length) {
      return this.#told.has(other.overlay, versionOf(signed)) ? undefined : { signed }
    }
    const underlays = underlaysForScope(this.scope, usable)
    if (underlays.length === 0 || this.#told.has(other.overlay, underlays[0]!)) return undefined
    return { record: { overlay: other.overlay, underlays } }
  }

  /** Remembers that the peer knows something, because it was told or told us. */
  knows ({ signed, record }: News): void {
    if (signed !== undefined) this.#told.add(signed.overlay, versionOf(signed))
    else this.#told.add(record.overlay, record.underlays[0]!)
  }
}

/** A signed record is as new as its time, whatever it says. */
function versionOf ({ timestamp }: SignedRecord): string {
  return `signed ${timestamp}`
}

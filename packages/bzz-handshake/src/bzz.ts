import type { Address, Clock, ProtocolId, Random, Session } from '@skep/interface'
import { MAX_UNDERLAYS, signRecord, withObservedHost, type Curve, type Identity, type PeerRecord, type SignedRecord } from '@skep/identity'
import { BzzError } from './errors.ts'
import { handshake, type Handshake } from './handshake.ts'
import { bzzSpec } from './message.ts'
import { isSame } from './outcome.ts'
import { BzzPeer } from './peer.ts'
import { Pins, type PinsOptions } from './pins.ts'
import { idSpec, prove, type Proof } from './proof.ts'

/** Only nodes of the same network meet; the original's default. */
export const DEFAULT_NETWORK_ID = 3

export interface BzzConfig {
  /** Another overlay address than the key's own; it cannot be proven then. */
  readonly overlay?: Address
  /** Where this node can be dialled, the best first. Defaults to nowhere. */
  readonly underlays?: readonly string[]
  /** Defaults to {@link DEFAULT_NETWORK_ID}. */
  readonly networkId?: number
  /** Defaults to false. */
  readonly light?: boolean
  /** What to do with peers that have no `skep-id/1`: hold on to what they claim first, or refuse them. Defaults to `pin`. */
  readonly unproven?: 'pin' | 'refuse'
  readonly pins?: PinsOptions
}

export interface IntroduceOptions {
  /** The overlay address that was dialled, if it was known. */
  readonly expected?: Address | undefined
  /** Which of this node's underlays mean something to the peer: bzz/6 has room for one, and names the first of these, or none. Defaults to all. */
  readonly fits?: ((underlay: string) => boolean) | undefined
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for each step. Defaults to 3,000. */
  readonly timeout?: number | undefined
}

/**
 * A node's side of every handshake: what it says of itself, and what it asks of others.
 *
 * @example
 * ```ts
 * import { Bzz } from '@skep/bzz-handshake'
 * import { generateKey, identity } from '@skep/identity'
 * import type { Clock, Random, Session } from '@skep/interface'
 *
 * function node (clock: Clock, random: Random) {
 *   const bzz = new Bzz({ identity: identity(generateKey(random)), clock, random }, { underlays: ['tcp://127.0.0.1:4711'] })
 *   return async (session: Session) => {
 *     const peer = await bzz.introduce(session)
 *     return peer.isProven
 *   }
 * }
 * ```
 */
export class Bzz {
  readonly overlay: Address
  readonly networkId: number
  readonly light: boolean
  /** What to name in the hello: bzz/6, and skep-id/1 where the overlay address is the key's own. */
  readonly capabilities: readonly ProtocolId[]
  readonly pins: Pins
  readonly #identity: Identity
  readonly #curve: Pick<Curve, 'recover'> | undefined
  readonly #clock: Clock
  readonly #random: Random
  readonly #unproven: 'pin' | 'refuse'
  #underlays: readonly string[] = []
  #signed: SignedRecord | undefined
  #timestamp = 0

  /**
   * @param needs.curve - what checks signatures. Defaults to `nobleCurve` of `@skep/identity`.
   * @throws RangeError - if an underlay is none, or the overlay address not 32 bytes.
   */
  constructor (needs: { readonly identity: Identity, readonly clock: Clock, readonly random: Random, readonly curve?: Pick<Curve, 'recover'> }, config: BzzConfig = {}) {
    this.#identity = needs.identity
    this.#curve = needs.curve
    this.#clock = needs.clock
    this.#random = needs.random
    this.overlay = config.overlay ?? needs.identity.overlay
    if (this.overlay.length !== 32) throw new RangeError(`an overlay address is 32 bytes, not ${this.overlay.length}`)
    this.networkId = config.networkId ?? DEFAULT_NETWORK_ID
    this.light = config.light ?? false
    this.#unproven = config.unproven ?? 'pin'
    this.pins = new Pins(config.pins)
    const isProvable = isSame(this.overlay, needs.identity.overlay)
    this.capabilities = [bzzSpec, ...(isProvable ? [idSpec] : [])].map(({ name, version }) => ({ name, version }))
    this.updateLocalAddr(config.underlays ?? [])
  }

  /** This node's own record. */
  get localAddr (): PeerRecord {
    return { overlay: this.overlay, underlays: this.#underlays }
  }

  /** This node's own record, signed; `undefined` where the overlay address is not the key's own. */
  get record (): SignedRecord | undefined {
    return this.#signed
  }

  /**
   * Changes where this node can be dialled; the overlay address stays. Handshakes from now on say so.
   *
   * @throws RangeError - if an underlay is none, or there are more than eight.
   */
  updateLocalAddr (underlays: readonly string[]): PeerRecord {
    if (underlays.length > MAX_UNDERLAYS) throw new RangeError(`${underlays.length} underlays, not at most ${MAX_UNDERLAYS}`)
    // Later than the last one, whatever the wall clock did meanwhile.
    this.#timestamp = Math.max(this.#timestamp + 1, Math.floor(this.#clock.wall()))
    const record = signRecord(this.#identity, { networkId: this.networkId, timestamp: this.#timestamp, underlays })
    this.#underlays = record.underlays
    this.#signed = isSame(this.overlay, record.overlay) ? record : undefined
    return this.localAddr
  }

  /** What this node tells of itself: its overlay address as base64, as the original's node info has it. */
  nodeInfo (): { readonly overlay: string } {
    return { overlay: btoa(String.fromCharCode(...this.overlay)) }
  }

  /**
   * Shakes hands on a session: bzz/6, then the proofs if both sides have `skep-id/1`. The
   * caller closes the session when this fails, with `closeCodeOf(error)`.
   *
   * @throws BzzError - see its codes. An aborted `signal` rejects with its reason.
   */
  async introduce (session: Session, options: IntroduceOptions = {}): Promise<BzzPeer> {
    const { expected, fits, signal, timeout } = options
    const { initiator } = session
    const common = { initiator, clock: this.#clock, signal, timeout }
    const hello = await handshake(session.open(bzzSpec), this.#local(fits), { ...common, expected })
    const isShared = session.protocols.some(({ name, version }) => name === idSpec.name && version === idSpec.version)
    const { overlay, underlay, light } = hello.remote
    if (this.#signed !== undefined && isShared) {
      const proof = await prove(session.open(idSpec), { identity: this.#identity, record: this.#signed }, {
        ...common,
        random: this.#random,
        networkId: this.networkId,
        binding: session.remote.binding,
        expected: overlay,
        curve: this.#curve
      })
      return this.#proven(session, hello, proof)
    }
    this.#pin(session, overlay)
    const record = withObservedHost({ overlay, underlays: underlay === '' ? [] : [underlay] }, session.remote.address)
    return new BzzPeer(session, { overlay, light, record, done: hello.done }, this.#clock)
  }

  #proven (session: Session, hello: Handshake, proof: Proof): BzzPeer {
    const { overlay, underlay, light } = hello.remote
    if (underlay !== '' && !proof.record.underlays.includes(underlay)) {
      throw new BzzError('NOT_PROVEN', 'the underlay of the handshake is not in the signed record')
    }
    this.pins.proven(overlay)
    const record = withObservedHost({ overlay, underlays: proof.record.underlays }, session.remote.address)
    const done = Promise.all([hello.done, proof.done]).then(() => {})
    done.catch(() => {})
    return new BzzPeer(session, { overlay, light, record, signed: proof.record, done }, this.#clock)
  }

  #pin (session: Session, overlay: Address): void {
    if (this.#unproven === 'refuse') throw new BzzError('NOT_TRUSTED', 'the peer has no skep-id/1')
    const claim = this.pins.claim(session.remote.id, overlay, session.remote.address)
    if (!claim.accepted) throw new BzzError('NOT_TRUSTED', `the claimed overlay address is refused: ${claim.code}`)
    void session.closed.then(claim.release)
  }

  #local (fits: (underlay: string) => boolean = () => true): { overlay: Address, underlay: string, networkId: number, light: boolean } {
    return { overlay: this.overlay, underlay: this.#underlays.find(fits) ?? '', networkId: this.networkId, light: this.light }
  }
}

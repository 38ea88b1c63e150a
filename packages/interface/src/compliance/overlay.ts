import type { Address } from '../address.ts'
import type { Overlay } from '../overlay.ts'
import { holds, sameBytes, type Suite } from './suite.ts'

/** An overlay, and how a test makes peers come and go. */
export interface OverlayUnderTest<P> {
  readonly overlay: Overlay<P>

  /** A peer of that address connects; `undefined` where the overlay refuses it. */
  connect (address: Address, options?: { readonly light?: boolean }): P | undefined

  /** The connection ends. */
  disconnect (peer: P): void

  addressOf (peer: P): Address

  /** Lets everything happen that was put off. */
  settle (): Promise<void>
}

/** What an adopter of {@link testOverlay} hands in: `make` gives an overlay without peers. */
export interface OverlaySuite<P> extends Suite<OverlayUnderTest<P>> {
  /** Set it where the overlay knows light peers, for the law about them. */
  readonly light?: boolean
}

type Law<P> = (under: OverlayUnderTest<P>) => void | Promise<void>

/**
 * Registers the laws of an `Overlay`, each as a test of its own.
 *
 * @example
 * ```ts
 * import { testOverlay } from '@skep/interface/compliance'
 * import { Kademlia, type KadPeer, type KadRecord } from '@skep/kademlia'
 * import { SeededRandom, VirtualClock } from '@skep/sim'
 *
 * const laws: string[] = []
 * testOverlay<KadPeer>({
 *   test: name => laws.push(name),
 *   light: true,
 *   make () {
 *     const clock = new VirtualClock()
 *     const random = new SeededRandom(1)
 *     const overlay = new Kademlia<KadRecord, KadPeer>({ base: random.bytes(32), clock, random })
 *     return {
 *       overlay,
 *       connect (address, { light = false } = {}) {
 *         const peer = { overlay: address, light }
 *         return overlay.on(peer).accepted ? peer : undefined
 *       },
 *       disconnect: peer => overlay.off(peer),
 *       addressOf: peer => peer.overlay,
 *       settle: () => clock.settle()
 *     }
 *   }
 * })
 * ```
 */
export function testOverlay<P> (suite: OverlaySuite<P>): void {
  const law = (name: string, body: Law<P>): void => {
    suite.test(`overlay: ${name}`, async () => { await body(await suite.make()) })
  }
  whoIsConnected(law)
  order(law)
  depth(law)
  changes(law)
  if (suite.light === true) lightPeers(law)
}

function whoIsConnected<P> (law: (name: string, body: Law<P>) => void): void {
  law('the base is an address', ({ overlay }) => {
    holds(overlay.base instanceof Uint8Array && overlay.base.length === 32, 'the base is not 32 bytes')
  })

  law('peers are those that are connected', under => {
    const { overlay } = under
    holds([...overlay.peers()].length === 0, 'there were peers to begin with')
    const [first, second] = [0, 1].map(po => join(under, po))
    holds(same(peersOf(overlay), [first!, second!]), 'a peer that connected is missing, or somebody else is there')
    under.disconnect(first!)
    holds(same(peersOf(overlay), [second!]), 'a peer that left is still there, or another one is gone')
    under.disconnect(second!)
    holds(peersOf(overlay).length === 0, 'the last peer that left is still there')
  })

  law('our own address is nobody\'s', under => {
    holds(under.connect(under.overlay.base.slice()) === undefined, 'a peer of our own address was taken')
    holds(peersOf(under.overlay).length === 0, 'we are our own peer')
  })

  law('a second connection of one address never touches the first', async under => {
    const first = join(under, 1)
    const before = under.overlay.depth
    const calls = count(under.overlay)
    await under.settle()
    const told = calls()
    const second = under.connect(under.addressOf(first).slice())
    holds(second === undefined, 'a second connection of a live address was taken')
    await under.settle()
    holds(calls() === told, 'a refused connection was told of as a change')
    holds(same(peersOf(under.overlay), [first]) && under.overlay.depth === before, 'a refused connection changed something')
  })

  law('a peer may leave twice', under => {
    const [first, second] = [join(under, 0), join(under, 1)]
    under.disconnect(first)
    under.disconnect(first)
    holds(same(peersOf(under.overlay), [second]), 'leaving twice took somebody else along')
  })

  law('a list of peers stands still', under => {
    const { overlay } = under
    const first = join(under, 0)
    const iterator = overlay.peers()[Symbol.iterator]()
    join(under, 1)
    under.disconnect(first)
    const seen: P[] = []
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) seen.push(next.value[0])
    holds(same(seen, [first]), 'a list that was asked for before a change shows the change')
  })
}

function order<P> (law: (name: string, body: Law<P>) => void): void {
  law('peers have their proximity order to the base', under => {
    for (const po of [0, 3, 8, 17]) join(under, po)
    for (const [peer, po] of under.overlay.peers()) {
      holds(po === proximityOf(under.overlay.base, under.addressOf(peer)), 'a proximity order to the base is wrong')
    }
    holds([...under.overlay.peers()].length === 4, 'a peer is missing')
  })

  law('peers come nearest first', under => {
    for (const po of [3, 0, 17, 8, 0, 9]) join(under, po)
    const orders = Array.from(under.overlay.peers(), ([, po]) => po)
    holds(orders.length === 6 && orders.every((po, i) => i === 0 || po <= orders[i - 1]!), 'a farther peer comes before a nearer one')
  })

  law('seen from another address, orders and their sequence are that address\'s', under => {
    const { overlay } = under
    for (const po of [3, 0, 17, 8, 0, 9]) join(under, po)
    for (const to of [addressAt(overlay.base, 0, 200), addressAt(overlay.base, 8, 201), overlay.base]) {
      const peers = [...overlay.peers(to)]
      holds(peers.length === 6, 'a peer is missing')
      holds(peers.every(([peer, po]) => po === proximityOf(to, under.addressOf(peer))), 'an order is not the one to the address that was given')
      holds(peers.every(([, po], i) => i === 0 || po <= peers[i - 1]![1]), 'a farther peer comes before a nearer one')
    }
  })

  law('seen from a peer\'s own address, that peer comes first', under => {
    const target = [0, 0, 0, 0, 2, 2].map(po => join(under, po))[2]!
    const [first] = under.overlay.peers(under.addressOf(target))
    holds(first !== undefined && first[0] === target && first[1] === 256, 'the peer itself is not the nearest')
  })
}

function depth<P> (law: (name: string, body: Law<P>) => void): void {
  law('depth is 0 without peers', ({ overlay }) => {
    holds(overlay.depth === 0, 'there is depth without peers')
  })

  law('every bin below depth has somebody, whoever comes and goes', under => {
    const peers = [0, 1, 2, 3, 4, 5, 5].map(po => join(under, po))
    soundDepth(under)
    for (const i of [3, 0, 6, 1]) {
      under.disconnect(peers[i]!)
      soundDepth(under)
    }
  })
}

function changes<P> (law: (name: string, body: Law<P>) => void): void {
  law('a listener hears of peers that come and go', async under => {
    const calls = count(under.overlay)
    const peer = join(under, 0)
    await under.settle()
    holds(calls() === 1, 'a peer came and the listener was not told, or told twice')
    under.disconnect(peer)
    await under.settle()
    holds(calls() === 2, 'a peer left and the listener was not told, or told twice')
    await under.settle()
    holds(calls() === 2, 'the listener was told of nothing')
  })

  law('a listener is never called from within the change', async under => {
    const calls = count(under.overlay)
    const peer = join(under, 0)
    holds(calls() === 0, 'the listener was called before connecting returned')
    await under.settle()
    const before = calls()
    under.disconnect(peer)
    holds(calls() === before, 'the listener was called before disconnecting returned')
  })

  law('changes of one moment are told once', async under => {
    const calls = count(under.overlay)
    for (const po of [0, 1, 2]) join(under, po)
    await under.settle()
    holds(calls() === 1, 'several changes of one moment were told of one by one')
  })

  law('a listener finds the peers as they are', async under => {
    let seen: P[] = []
    under.overlay.onChange(() => { seen = peersOf(under.overlay) })
    const peer = join(under, 0)
    await under.settle()
    holds(same(seen, [peer]), 'the listener was called before the peer could be seen')
    under.disconnect(peer)
    await under.settle()
    holds(seen.length === 0, 'the listener was called while the peer could still be seen')
  })

  law('an ended subscription hears nothing more', async under => {
    let calls = 0
    const stop = under.overlay.onChange(() => calls++)
    join(under, 0)
    stop()
    stop()
    await under.settle()
    join(under, 1)
    await under.settle()
    holds(calls === 0, 'a listener was called after its subscription had ended')
  })

  law('subscriptions of one listener end one by one', async under => {
    let calls = 0
    const listener = (): void => { calls++ }
    const stop = under.overlay.onChange(listener)
    under.overlay.onChange(listener)
    stop()
    stop()
    join(under, 0)
    await under.settle()
    holds(calls === 1, 'ending one subscription of a listener ended another, or none')
  })
}

function lightPeers<P> (law: (name: string, body: Law<P>) => void): void {
  law('light peers are not among the peers, nor do they count for depth', under => {
    const { overlay } = under
    for (const po of [0, 1, 2, 2]) join(under, po)
    const before = overlay.depth
    const light = [3, 4, 4].map((po, i) => under.connect(addressAt(overlay.base, po, 100 + i), { light: true }))
    holds(light.every(peer => peer !== undefined), 'a light peer was refused')
    holds(peersOf(overlay).length === 4, 'a light peer is among the peers')
    holds(overlay.depth === before, 'a light peer counts for depth')
    for (const peer of light) under.disconnect(peer!)
    holds(peersOf(overlay).length === 4 && overlay.depth === before, 'a light peer that left took something along')
  })
}

/** Connects a peer of the given proximity order to the base, never the same twice. */
function join<P> (under: OverlayUnderTest<P>, po: number): P {
  const salt = joined.get(under) ?? 1
  joined.set(under, salt + 1)
  const peer = under.connect(addressAt(under.overlay.base, po, salt))
  holds(peer !== undefined, 'a peer was refused without a reason')
  return peer
}

const joined = new WeakMap<object, number>()

function soundDepth<P> ({ overlay }: OverlayUnderTest<P>): void {
  const filled = new Set(Array.from(overlay.peers(), ([, po]) => po))
  holds(Number.isInteger(overlay.depth) && overlay.depth >= 0 && overlay.depth <= 256, 'depth is not a proximity order')
  for (let po = 0; po < overlay.depth; po++) holds(filled.has(po), 'nobody is in a bin below depth')
}

function peersOf<P> (overlay: Overlay<P>): P[] {
  return Array.from(overlay.peers(), ([peer]) => peer)
}

function same<P> (found: readonly P[], wanted: readonly P[]): boolean {
  return found.length === wanted.length && wanted.every(peer => found.includes(peer))
}

function count<P> (overlay: Overlay<P>): () => number {
  let calls = 0
  overlay.onChange(() => { calls++ })
  return () => calls
}

/** An address of the given proximity order to `base`; `salt` stands in its last byte. */
function addressAt (base: Address, po: number, salt: number): Address {
  const address = base.slice()
  address[po >> 3]! ^= 0x80 >> (po & 7)
  address[31] = salt
  return address
}

function proximityOf (a: Address, b: Address): number {
  if (sameBytes(a, b)) return 256
  const at = a.findIndex((byte, i) => byte !== b[i])
  return at * 8 + Math.clz32(a[at]! ^ b[at]!) - 24
}

import { describe, expect, test } from 'vitest'
import type { Address, Store } from '@skep/interface'
import { MemoryHub } from '@skep/conn-memory'
import { formatEnode, identity } from '@skep/identity'
import { proximity, toHex } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { createNode, type Node } from 'skep'
import { addressesOf, once, read } from './files.ts'
import { spiedTransport, type Spy } from './spied-transport.ts'

type Kind = 'old' | 'native' | 'bridge'

/** Nodes that are dialled by one scheme, by another, or by both, under one virtual clock. */
class Worlds {
  readonly clock = new VirtualClock()
  readonly random: SeededRandom
  readonly hub: MemoryHub
  readonly spy: Spy = { said: [], dials: [], silent: new Set() }
  readonly #members = new Map<string, { readonly kind: Kind, readonly key: Uint8Array, readonly port: number, readonly disk: Store, node: Node | undefined }>()

  constructor (seed: number) {
    this.random = new SeededRandom(seed)
    this.hub = new MemoryHub({ clock: this.clock, latency: 5 })
  }

  add (name: string, kind: Kind): void {
    this.#members.set(name, { kind, key: this.random.bytes(32), port: 4_001 + this.#members.size, disk: memoryStore(), node: undefined })
  }

  #member (name: string) {
    const member = this.#members.get(name)
    if (member === undefined) throw new Error(`nobody is called ${name}`)
    return member
  }

  tcp (name: string): string {
    return `tcp://127.0.0.1:${this.#member(name).port}`
  }

  enode (name: string): string {
    const { key, port } = this.#member(name)
    return formatEnode({ id: identity(key).nodeId, host: '127.0.0.1', tcp: port, udp: 0 })
  }

  async start (name: string, bootnodes: readonly string[], schemes?: ReadonlyArray<'tcp' | 'enode'>): Promise<Node> {
    const member = this.#member(name)
    const { clock, hub, spy } = this
    const random = this.random.fork()
    const mine = schemes ?? ({ old: ['enode'], native: ['tcp'], bridge: ['tcp', 'enode'] } as const)[member.kind]
    const { disk } = member
    member.node = await createNode({
      key: member.key,
      // A disk outlives the process that used it.
      store: { get: async key => await disk.get(key), getMany: async keys => await disk.getMany(keys), batch: async (all, options) => await disk.batch(all, options), range: options => disk.range(options), close: async () => {} },
      clock,
      random,
      transports: mine.map(scheme => spiedTransport({ scheme, old: member.kind === 'old', spy, hub, clock, random })),
      listen: mine.map(scheme => `${scheme}://127.0.0.1:${member.port}`),
      bootnodes
    })
    return member.node
  }

  node (name: string): Node {
    const { node } = this.#member(name)
    if (node === undefined) throw new Error(`${name} does not run`)
    return node
  }

  async stop (name: string): Promise<void> {
    let stopped = false
    void this.node(name).stop().then(() => { stopped = true })
    await this.clock.until(() => stopped, 5_000)
    this.#member(name).node = undefined
  }

  /** The members that run, by name. */
  get running (): Array<readonly [name: string, node: Node, kind: Kind]> {
    return [...this.#members].flatMap(([name, { node, kind }]) => node === undefined ? [] : [[name, node, kind] as const])
  }

  kindOf (nodeId: string): Kind {
    for (const { key, kind } of this.#members.values()) if (toHex(identity(key).nodeId) === nodeId) return kind
    throw new Error('nobody has that id')
  }

  /** Waits until everybody is connected to all whom it can be connected to. */
  async met (): Promise<void> {
    const expected = (kind: Kind): number => this.running.filter(([, , other]) => kind === 'bridge' || other === 'bridge' || kind === other).length - 1
    await this.clock.until(() => this.running.every(([, node, kind]) => node.health().healthy && node.peers().length === expected(kind)), 60_000)
  }

  /** Everything that ought to have been said to nobody who hears it. */
  get uselessWords (): string[] {
    return this.spy.said.flatMap(({ protocol, from, to, underlays }) => {
      const [speaker, hearer] = [this.kindOf(from), this.kindOf(to)]
      const usable = underlays.some(underlay => hearer === 'bridge' || underlay.startsWith(hearer === 'old' ? 'enode://' : 'tcp://'))
      // What has no signature is told as far as it is of use; what has one goes whole.
      const isClean = protocol === 'skep-hive' || hearer !== 'old' || underlays.every(underlay => underlay.startsWith('enode://'))
      return usable && isClean ? [] : [`${speaker} to ${hearer} on ${protocol}: ${underlays.join(' ')}`]
    })
  }

  get uselessDials (): string[] {
    return this.spy.dials.flatMap(([from, underlay]) => {
      const kind = this.kindOf(from)
      return kind === 'bridge' || underlay.startsWith(kind === 'old' ? 'enode://' : 'tcp://') ? [] : [`${kind} dials ${underlay}`]
    })
  }

  /**
   * Who has to hold a chunk in the end, by brute force: whoever holds it first, and everybody
   * who takes such a chunk of one to whom it is connected and who has to hold it.
   */
  holders (address: Address, first: string): Set<string> {
    const members = new Map(this.running.map(([name, node]) => [toHex(node.overlay), { name, depth: node.topology().depth }]))
    const out = new Set([first])
    for (const name of out) {
      const node = this.node(name)
      const bin = proximity(node.overlay, address)
      for (const { overlay, po } of node.peers()) {
        const { name: other, depth } = members.get(overlay)!
        // Of a neighbour the bins of the neighbourhood, of another the bin in which the taker is.
        if (po < depth ? bin === po : bin >= depth) out.add(other)
      }
    }
    return out
  }

  async missing (addresses: readonly Address[], first: string): Promise<string[]> {
    const out: string[] = []
    for (const address of addresses) {
      for (const name of this.holders(address, first)) if (!(await this.node(name).hasLocal([address]))[0]) out.push(`${toHex(address).slice(0, 8)} at ${name}`)
    }
    return out
  }

  async converged (addresses: readonly Address[], first: string): Promise<void> {
    const end = this.clock.now() + 60_000
    while (true) {
      const missing = await this.missing(addresses, first)
      if (missing.length === 0) return
      if (this.clock.now() >= end) throw new Error(`there lack ${missing.join(', ')}`)
      await this.clock.advance(200)
    }
  }

  async end (): Promise<void> {
    for (const [name] of this.running) await this.stop(name)
    await this.clock.advance(60_000)
    expect(this.clock.pending).toBe(0)
  }
}

/** Three nodes of 2018, three native ones, and a bridge that is told of one of each. */
async function bridged (seed: number, bridgeFirst: boolean): Promise<Worlds> {
  const world = new Worlds(seed)
  for (let i = 0; i < 3; i++) {
    world.add(`old ${i}`, 'old')
    world.add(`native ${i}`, 'native')
  }
  world.add('bridge', 'bridge')
  const bridge = async (): Promise<unknown> => await world.start('bridge', bridgeFirst ? [] : [world.enode('old 1'), world.tcp('native 2')])
  if (bridgeFirst) await bridge()
  for (let i = 0; i < 3; i++) {
    await world.start(`old ${i}`, bridgeFirst ? [world.enode('bridge')] : i === 0 ? [] : [world.enode('old 0')])
    await world.start(`native ${i}`, bridgeFirst ? [world.tcp('bridge')] : i === 0 ? [] : [world.tcp('native 0')])
  }
  if (!bridgeFirst) {
    await world.clock.advance(1_000)
    await bridge()
  }
  await world.met()
  return world
}

describe.each([[1, false], [2, true], [3, false], [4, true]])('three old nodes, three native ones and a bridge, seed %i, bridge first: %s', (seed, bridgeFirst) => {
  test('are two healthy halves, and nobody is told of, or dials, what it cannot reach', async () => {
    const world = await bridged(seed, bridgeFirst)
    await world.clock.advance(120_000)
    await world.met()
    expect(world.uselessWords).toEqual([])
    expect(world.uselessDials).toEqual([])
    // The bridge told both halves of their own: it is what the silence above is worth.
    const bridge = toHex(world.node('bridge').nodeId)
    const heard = world.spy.said.filter(({ protocol, from }) => protocol !== 'bzz' && from === bridge).map(({ to }) => world.kindOf(to))
    expect(new Set(heard)).toEqual(new Set(['old', 'native']))
    await world.end()
  })

  test('bring every chunk to all who take it and can be reached, from either half, by ordinary sync', async () => {
    const world = await bridged(seed, bridgeFirst)
    let crossed = 0
    for (const [first, other] of [['old 1', 'native'], ['native 2', 'old'], ['bridge', 'old']] as const) {
      const file = world.random.bytes(120_000)
      const addresses = await addressesOf(file)
      const { reference } = await world.node(first).upload(once(file))
      await world.converged(addresses, first)
      for (let i = 0; i < 3; i++) crossed += (await world.node(`${other} ${i}`).hasLocal(addresses)).filter(held => held).length
      expect(await read(world.node(`${other} 0`), reference, world.clock)).toEqual(file)
    }
    expect(crossed).toBeGreaterThan(50)
    expect((await world.node('bridge').status()).transfers.duplicates).toBe(0)
    await world.end()
  })
})

test('the halves are apart without the bridge', async () => {
  const world = await bridged(5, false)
  await world.stop('bridge')
  await world.clock.advance(120_000)
  for (const [, node] of world.running) expect(node.peers().length).toBe(2)
  expect(world.uselessDials).toEqual([])
  await world.end()
})

describe('two bridges', () => {
  test('that dial each other over both transports at once keep one connection, the same at both ends', async () => {
    for (let seed = 10; seed < 30; seed++) {
      const world = new Worlds(seed)
      world.add('a', 'bridge')
      world.add('b', 'bridge')
      const both = (name: string): string[] => [world.tcp(name), world.enode(name)]
      const boots = seed % 4
      await world.start('a', boots === 0 ? [world.tcp('b')] : boots === 1 ? [world.enode('b')] : both('b'))
      await world.clock.advance(seed % 3 * 5)
      await world.start('b', boots === 0 ? [world.enode('a')] : boots === 1 ? [world.tcp('a')] : both('a'))
      await world.clock.advance(10_000)
      const [a, b] = [world.node('a').peers(), world.node('b').peers()]
      expect([a.length, b.length], `seed ${seed}`).toEqual([1, 1])
      expect(a[0]!.outbound, `seed ${seed}`).toBe(!b[0]!.outbound)
      expect(a[0]!.underlay.split(':')[0], `seed ${seed}`).toBe(b[0]!.underlay.split(':')[0])
      const dials = world.spy.dials.length
      await world.clock.advance(60_000)
      expect(world.spy.dials.length, `seed ${seed}: no more dials`).toBe(dials)
      const file = world.random.bytes(20_000)
      await world.node('a').upload(once(file))
      await world.converged(await addressesOf(file), 'a')
      await world.end()
    }
  })

  test('dial the native underlay first, and the other when nobody answers there', async () => {
    for (const silent of [false, true]) {
      const world = new Worlds(40)
      for (const name of ['a', 'b', 'c']) world.add(name, 'bridge')
      await world.start('a', [])
      await world.start('b', [world.tcp('a')])
      // It hears of the other from the first, with both underlays.
      if (silent) for (const name of ['b', 'c']) world.spy.silent.add(world.tcp(name))
      await world.start('c', [world.enode('a')])
      await world.clock.until(() => world.node('c').peers().length === 2, 60_000)
      const peer = world.node('c').peers().find(({ overlay }) => overlay === toHex(world.node('b').overlay))!
      expect(peer.underlay.split(':')[0]).toBe(silent ? 'enode' : 'tcp')
      await world.end()
    }
  })

  test('remember both underlays, so that one of them comes back by the transport it still has', async () => {
    const world = new Worlds(41)
    for (const name of ['a', 'b']) world.add(name, 'bridge')
    await world.start('a', [])
    await world.start('b', [world.tcp('a')])
    await world.clock.until(() => world.node('b').peers().length === 1, 10_000)
    await world.stop('b')
    const before = world.spy.dials.length
    const b = await world.start('b', [], ['enode'])
    await world.clock.until(() => b.peers().length === 1, 10_000)
    const dials = world.spy.dials.slice(before).filter(([from]) => from === toHex(b.nodeId)).map(([, underlay]) => underlay)
    expect(dials.every(underlay => underlay === world.enode('a'))).toBe(true)
    await world.end()
  })
})

test('a node says in the old handshake the underlay of that transport, and proves them all', async () => {
  const world = await bridged(6, false)
  const bridge = toHex(world.node('bridge').overlay)
  const said = world.spy.said.filter(({ protocol, overlay }) => protocol === 'bzz' && overlay === bridge)
  for (const { to, underlays } of said) expect(underlays).toEqual([world.kindOf(to) === 'old' ? world.enode('bridge') : world.tcp('bridge')])
  const records = world.spy.said.filter(({ protocol, overlay }) => protocol === 'skep-hive' && overlay === bridge)
  for (const { underlays } of records) expect(underlays).toEqual([world.tcp('bridge'), world.enode('bridge')])
  await world.end()
})

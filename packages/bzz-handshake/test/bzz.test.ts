import { describe, expect, test } from 'vitest'
import {
  Bzz, BZZ_VERSION, bzzSpec, closeCodeOf, handshake, handshakeText, idSpec, messageOf, prove, type BzzConfig, type BzzPeer, type LocalNode
} from '@skep/bzz-handshake'
import { generateKey, identity, verifyRecord } from '@skep/identity'
import type { ProtocolId, Session } from '@skep/interface'
import { Network, SeededRandom, VirtualClock } from '@skep/sim'

const chat = { name: 'chat', version: 1 }

function world () {
  const clock = new VirtualClock()
  const random = new SeededRandom(12)
  const network = new Network({ clock, random })
  let count = 0
  const node = (config: BzzConfig = {}, key = generateKey(random)) => {
    const me = identity(key)
    return { me, key, bzz: new Bzz({ identity: me, clock, random }, { underlays: [`tcp://127.0.0.1:${4000 + count++}`], ...config }) }
  }
  type Node = ReturnType<typeof node>
  /** Lets two nodes meet, the first dialling. */
  const meet = async (a: Node, b: Node, protocols: { a?: readonly ProtocolId[], b?: readonly ProtocolId[], expected?: Uint8Array, fits?: (underlay: string) => boolean } = {}) => {
    const address = `host${count++}`
    let listener: Promise<any> = Promise.resolve()
    const sessions: Session[] = []
    const shake = async (session: Session, bzz: Bzz, expected?: Uint8Array): Promise<any> => {
      sessions.push(session)
      return bzz.introduce(session, { expected, fits: protocols.fits }).catch(async error => {
        await session.close(closeCodeOf(error))
        return error
      })
    }
    const stop = network.listen(address, {
      id: b.me.nodeId,
      protocols: [...protocols.b ?? b.bzz.capabilities, chat],
      onSession: session => { listener = shake(session, b.bzz) }
    })
    const dialled = network.dial('127.0.0.1:5555', address, { id: a.me.nodeId, protocols: [...protocols.a ?? a.bzz.capabilities, chat] })
    const dialler = dialled.then(session => shake(session, a.bzz, protocols.expected))
    await clock.advance(1_000)
    stop()
    return { outcomes: [await dialler, await listener] as [BzzPeer & { code?: string }, BzzPeer & { code?: string }], sessions }
  }
  return { clock, random, network, node, meet }
}

describe('two nodes of ours', () => {
  test('prove to each other who they are', async () => {
    const { node, meet, clock } = world()
    const [a, b] = [node({ underlays: ['tcp://127.0.0.1:1', 'tcp://10.0.0.1:1'] }), node({ light: true })]
    const { outcomes: [atA, atB] } = await meet(a, b, { expected: b.me.overlay })
    expect(atA).toMatchObject({ overlay: b.me.overlay, light: true, initiator: true, isProven: true, record: b.bzz.localAddr })
    expect(atB).toMatchObject({ overlay: a.me.overlay, light: false, initiator: false, isProven: true, record: a.bzz.localAddr })
    verifyRecord(atB.signed!)
    expect(atB.key).toBe(Buffer.from(a.me.nodeId).toString('hex'))
    atA.drop('QUITTING')
    await clock.advance(1_000)
    await Promise.all([atA.done, atB.done])
  })

  test('sign anew when they move, later than before whatever the clock does', () => {
    const { node, clock } = world()
    const { bzz } = node()
    const before = bzz.record!
    expect(bzz.updateLocalAddr(['tcp://127.0.0.1:9'])).toEqual({ overlay: bzz.overlay, underlays: ['tcp://127.0.0.1:9'] })
    const after = bzz.record!
    expect(after.timestamp).toBeGreaterThan(before.timestamp)
    clock.wall = () => 0
    bzz.updateLocalAddr([])
    expect(bzz.record!.timestamp).toBeGreaterThan(after.timestamp)
    expect(bzz.localAddr.underlays).toEqual([])
    expect(() => bzz.updateLocalAddr(['nowhere'])).toThrow(RangeError)
    expect(() => bzz.updateLocalAddr(Array.from({ length: 9 }, (_, i) => `tcp://127.0.0.1:${i + 1}`))).toThrow(RangeError)
  })

  test('know when something came last', async () => {
    const { node, meet, clock } = world()
    const { outcomes: [atA, atB], sessions: [sa, sb] } = await meet(node(), node())
    const before = atB.lastActive
    const conn = atB.watch(sb!.open(chat))
    await clock.advance(5_000)
    void (async () => { for await (const _ of conn.source) { /* read */ } })()
    expect(atB.lastActive).toBe(before)
    void sa!.open(chat).sink([Uint8Array.of(1)])
    await clock.advance(100)
    expect(atB.lastActive).toBeGreaterThan(before + 4_000)
    expect(atA.lastActive).toBeLessThan(before + 4_000)
  })
})

describe('a peer of the original', () => {
  const old = [{ name: 'bzz', version: BZZ_VERSION }]

  test('is believed, and pinned to what it claimed first', async () => {
    const { node, meet, random } = world()
    const me = node()
    const key = generateKey(random)
    const first = await meet(node({}, key), me, { a: old })
    expect(first.outcomes[1]).toMatchObject({ isProven: false })
    expect(first.outcomes[0]).toMatchObject({ isProven: false })
    const other = await meet(node({ overlay: random.bytes(32) }, key), me, { a: old })
    expect(other.outcomes[1]).toMatchObject({ code: 'NOT_TRUSTED' })
    expect(closeCodeOf(other.outcomes[1])).toBe('INVALID_IDENTITY')
  })

  test('cannot be who has proven to be somebody', async () => {
    const { node, meet } = world()
    const me = node()
    const victim = node()
    expect((await meet(victim, me)).outcomes[1].isProven).toBe(true)
    const thief = node({ overlay: victim.me.overlay })
    expect(thief.bzz.capabilities).toEqual(old)
    expect((await meet(thief, me)).outcomes[1].code).toBe('NOT_TRUSTED')
  })

  test('is refused where that is the setting', async () => {
    const { node, meet } = world()
    const me = node({ unproven: 'refuse' })
    expect((await meet(node(), me, { a: old })).outcomes[1].code).toBe('NOT_TRUSTED')
    expect((await meet(node(), me)).outcomes[1].isProven).toBe(true)
  })

  test('is told the first underlay that means something to it, or none, and one with proof is shown them all', async () => {
    const { node, meet } = world()
    const enode = `enode://${'ab'.repeat(64)}@127.0.0.1:30303`
    const a = node({ underlays: ['tcp://127.0.0.1:1', enode, enode.replace('30303', '30304')] })
    for (const [scheme, underlays] of [['enode', [enode]], ['tcp', ['tcp://127.0.0.1:1']], ['pigeon', []]] as const) {
      const { outcomes: [, atB] } = await meet(a, node(), { a: [bzzSpec], fits: underlay => underlay.startsWith(`${scheme}:`) })
      expect(atB.record.underlays).toEqual(underlays)
      const { outcomes: [, atC] } = await meet(a, node(), { fits: underlay => underlay.startsWith(`${scheme}:`) })
      expect(atC.record.underlays).toEqual(a.bzz.localAddr.underlays)
    }
  })

  test('may claim again once its connection has ended', async () => {
    const { node, meet, random, clock } = world()
    const me = node()
    const overlay = random.bytes(32)
    const one = node({ overlay })
    const two = node({ overlay })
    const { outcomes: [, peer] } = await meet(one, me)
    expect((await meet(two, me)).outcomes[1].code).toBe('NOT_TRUSTED')
    peer.drop()
    await clock.advance(1_000)
    expect((await meet(two, me)).outcomes[1].isProven).toBe(false)
  })
})

describe('a liar', () => {
  test.each<[string, Partial<LocalNode>, string]>([
    ['shakes hands as one and proves to be another', { overlay: new Uint8Array(32).fill(9) }, 'UNEXPECTED_IDENTITY'],
    ['names an underlay that it did not sign', { underlay: 'tcp://10.0.0.2:2' }, 'NOT_PROVEN'],
    ['says the same in both', {}, 'isProven']
  ])('that %s: %s', async (_, said, result) => {
    const { node, network, clock, random } = world()
    const me = node()
    const liar = node({ underlays: ['tcp://10.0.0.1:1'] })
    let outcome: any
    network.listen('me', { id: me.me.nodeId, protocols: me.bzz.capabilities, onSession: session => { me.bzz.introduce(session).then(peer => { outcome = peer }, error => { outcome = error }) } })
    const dialled = network.dial('liar', 'me', { id: liar.me.nodeId, protocols: liar.bzz.capabilities })
    await clock.advance(200)
    const session = await dialled
    const local = { overlay: liar.me.overlay, underlay: 'tcp://10.0.0.1:1', networkId: 3, light: false, ...said }
    const shaken = handshake(session.open(bzzSpec), local, { initiator: true, clock })
    await clock.advance(500)
    await shaken
    const options = { initiator: true, clock, random, networkId: 3, binding: session.remote.binding }
    prove(session.open(idSpec), { identity: liar.me, record: liar.bzz.record! }, options).catch(() => {})
    await clock.advance(500)
    expect(outcome[result] ?? outcome.code).toBe(result === 'isProven' ? true : result)
  })
})

test('the curve that was given says whether a peer has proven itself', async () => {
  const { node, clock, random, meet } = world()
  const strict = node()
  const bzz = new Bzz({ identity: strict.me, clock, random, curve: { recover: () => undefined } }, { underlays: ['tcp://127.0.0.1:1'] })
  expect((await meet({ ...strict, bzz }, node())).outcomes[0].code).toBe('NOT_PROVEN')
})

describe('node info', () => {
  test('is the overlay address as the original has it', () => {
    const { node } = world()
    const { bzz } = node({ overlay: new Uint8Array(32).fill(1) })
    expect(bzz.nodeInfo()).toEqual({ overlay: 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=' })
    expect(() => node({ overlay: new Uint8Array(3) })).toThrow(RangeError)
  })

  test('prints a handshake as the original does', () => {
    const message = messageOf({ overlay: new Uint8Array(32).fill(0xab), underlay: 'enode://x', networkId: 3, light: false })
    expect(handshakeText(message)).toBe(`Handshake: Version: 6, NetworkID: 3, Addr: ${'ab'.repeat(32)} <enode://x>, LightNode: false`)
    expect(bzzSpec.names).toEqual(['HandshakeMsg'])
  })
})

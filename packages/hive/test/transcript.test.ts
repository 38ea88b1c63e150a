import { describe, expect, test } from 'vitest'
import { hiveSpec, type Effect } from '@skep/hive'
import { recordFromBzzAddr } from '@skep/identity'
import { toHex } from '@skep/pot'
import { specVectors } from '@skep/vectors'
import { decodeMessage } from '@skep/wire'
import { fromHex } from './hex.ts'
import { core, peer, type TestPeer } from './make.ts'

/** Offsets of the shared protocols in the recording: bzz at 16, hive at 17. */
const BZZ = 16
const HIVE = 17

/** What one end of the recorded session said of itself: overlay, underlay, light. */
function handshake (decoded: any[]): { overlay: Uint8Array, light: boolean } {
  return { overlay: fromHex(decoded[2][0]), light: decoded[3] === '01' }
}

describe('a recorded session of three nodes of the original', () => {
  const recorded: any[] = specVectors('transcript-hive-three-nodes')

  test('is answered as the original allows', () => {
    const sent = recorded.filter(({ dir, code }) => dir === 'send' && code === BZZ)
    const me = core(handshake(sent[0].decoded).overlay)
    me.step({ type: 'start', connected: [], known: [] })
    const peers: TestPeer[] = []
    const effects: Effect<TestPeer>[] = []
    for (const { dir, code, decoded, payload } of recorded) {
      if (dir !== 'recv' || payload.includes('…')) continue
      if (code === BZZ) {
        const { overlay, light } = handshake(decoded)
        const enode = `enode://${'ab'.repeat(64)}@127.0.0.1:${30_000 + peers.length}`
        const each = peer(overlay, { light, initiator: false, record: { overlay, underlays: [enode] } })
        peers.push(each)
        effects.push(...me.meet(each))
      } else if (code >= HIVE) {
        const from = peers.at(-1)!
        const { name, value } = decodeMessage(hiveSpec, fromHex(`0${code - HIVE}${payload}`))
        if (name === 'subPeersMsg') effects.push(...me.step({ type: 'subPeers', from, depth: value.Depth }))
        else effects.push(...me.step({ type: 'peers', from, records: value.Peers }))
      }
    }
    const [full, light] = peers as [TestPeer, TestPeer]
    expect([full.light, light.light]).toEqual([false, true])
    expect(effects.filter(({ type }) => type === 'fault')).toEqual([])
    // Both are asked, at depth 0, as the original asked them.
    expect(me.only(effects, 'subPeers')).toEqual([{ type: 'subPeers', to: full, depth: 0 }, { type: 'subPeers', to: light, depth: 0 }])
    const originals = recorded.filter(({ dir, code }) => dir === 'send' && code === HIVE + 1).map(({ payload }) => payload)
    expect(originals).toEqual(['c5800282c180', 'c5800282c180'])
    // The light node is told of the full one, and nobody of the light one, which the original did tell.
    expect(me.only(effects, 'peers')).toEqual([{ type: 'peers', to: light, records: [full.record] }])
  })

  // The law: whoever is asked for addresses and knows nobody else stays silent, as the two did; what it is told it knows, and may dial,
  // and nothing of it is a fault.
  test.each([['full', 0], ['light', 1]] as const)('is answered as the original allows in place of the %s node too', (_, which) => {
    const of = (dir: string): any[] => recorded.filter(line => line.dir === dir && line.code === BZZ)
    const others = of('recv').map(({ decoded }) => handshake(decoded))
    const { overlay } = handshake(of('send')[0].decoded)
    const me = core(others[which]!.overlay)
    me.step({ type: 'start', connected: [], known: [] })
    const center = peer(overlay, { initiator: true, record: { overlay, underlays: [`enode://${'ab'.repeat(64)}@127.0.0.1:30399`] } })
    const effects = me.meet(center)
    const told: string[] = []
    let asked = 0
    for (const { dir, code, payload } of recorded) {
      if (dir !== 'send' || code < HIVE) continue
      const { name, value } = decodeMessage(hiveSpec, fromHex(`0${code - HIVE}${payload}`))
      if (name === 'subPeersMsg') {
        // It asks each once, in the order in which they came.
        if (asked++ === which) effects.push(...me.step({ type: 'subPeers', from: center, depth: value.Depth }))
        continue
      }
      // Nobody is told of itself: that names the one to whom it was said.
      if (value.Peers.some(({ OAddr }) => toHex(OAddr) === toHex(others[which]!.overlay))) continue
      told.push(...value.Peers.map(({ OAddr }) => toHex(OAddr)))
      effects.push(...me.step({ type: 'peers', from: center, records: value.Peers }))
    }
    expect(asked).toBe(2)
    expect(told).toEqual([toHex(others[1 - which]!.overlay)])
    expect(effects.filter(({ type }) => type === 'fault')).toEqual([])
    expect(me.only(effects, 'subPeers')).toEqual([{ type: 'subPeers', to: center, depth: 0 }])
    expect(me.only(effects, 'peers')).toEqual([])
    for (const one of told) expect(me.table.records.has(one)).toBe(true)
  })

  test('has addresses that are records for us too', () => {
    let seen = 0
    for (const { code, payload } of recorded) {
      if (code !== HIVE || payload.includes('…')) continue
      const { value } = decodeMessage(hiveSpec, fromHex(`00${payload}`))
      for (const each of (value as { Peers: { OAddr: Uint8Array, UAddr: Uint8Array }[] }).Peers) {
        const { overlay, underlays } = recordFromBzzAddr(each)
        expect(toHex(overlay)).toHaveLength(64)
        expect(underlays[0]).toMatch(/^enode:/)
        seen++
      }
    }
    expect(seen).toBeGreaterThan(0)
  })
})

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

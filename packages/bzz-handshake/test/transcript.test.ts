import { describe, expect, test } from 'vitest'
import { bzzSpec, handshake, type LocalNode } from '@skep/bzz-handshake'
import { pair } from '@skep/conn-memory'
import { VirtualClock } from '@skep/sim'
import { specVectors, vectors } from '@skep/vectors'
import { decodeMessage } from '@skep/wire'
import { fromHex, hex } from './hex.ts'

/** Code of HandshakeMsg in the second set's recordings. */
const BZZ = 16

/** What the two ends of a recorded session said to each other, as bytes of a conn, the recorded node first. */
const recordings: [string, [string, string][]][] = [
  ['transcript', pairs(vectors('transcript')?.cases.filter(({ protocol }: any) => protocol === 'bzz').map(({ dir, wire }: any) => ({ dir, payload: wire })) ?? [])],
  ...['two-nodes', 'retrieval-check', 'retrieval-skipcheck', 'hive-three-nodes'].map((name): [string, [string, string][]] =>
    [name, pairs(specVectors(`transcript-${name}`).filter(({ code }: any) => code === BZZ))])
]

function pairs (lines: { dir: string, payload: string }[]): [string, string][] {
  const [sent, received] = ['send', 'recv'].map(one => lines.filter(({ dir }) => dir === one).map(({ payload }) => `00${payload}`))
  return sent!.map((each, i) => [each, received![i]!])
}

/** The node that would say so. */
function nodeOf (said: string): LocalNode {
  const { NetworkID, Addr, LightNode } = decodeMessage(bzzSpec, fromHex(said)).value
  return { overlay: Addr.OAddr, underlay: new TextDecoder().decode(Addr.UAddr), networkId: Number(NetworkID), light: LightNode }
}

describe.each(recordings)('the handshakes recorded in %s', (_, sessions) => {
  // The law: to what the one end said the other end answers, byte for byte, what it was recorded to say, and each learns who the other is.
  test.skipIf(sessions.length === 0).each([true, false])('go the same way with this node at either end (we dialled: %s)', async initiator => {
    for (const session of sessions) {
      for (const [ours, theirs] of [session, [session[1], session[0]] as const]) {
        const [conn, other] = pair()
        const shaken = handshake(conn, nodeOf(ours), { initiator, clock: new VirtualClock() })
        const source = other.source[Symbol.asyncIterator]()
        const say = (): void => { other.sink((async function * () { yield fromHex(theirs); await new Promise(() => {}) })()).catch(() => {}) }
        if (!initiator) say()
        expect(hex((await source.next()).value!)).toBe(ours)
        if (initiator) say()
        const { overlay, underlay, light } = nodeOf(theirs)
        expect((await shaken).remote).toEqual({ overlay, underlay, light })
      }
    }
  })
})

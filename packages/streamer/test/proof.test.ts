import type { BatchDone, HandoverProof, StreamType } from '@skep/streamer'
import { streamSpec } from '@skep/streamer'
import { encodeMessage } from '@skep/wire'
import { expect, test } from 'vitest'
import { id, Link, Node, Shelf, VirtualClock } from './harness.ts'
import { noProof, Scripted } from './scripted.ts'

/** A proof of a stretch, with a signature of so many bytes. */
function proofOf (from: number, to: number, signature: number = 65): HandoverProof {
  return {
    Sig: new Uint8Array(signature).fill(9),
    Handover: { Stream: { Name: 'SHELF', Key: 'x', Live: false }, Start: BigInt(from), End: BigInt(to), Root: new Uint8Array(32).fill(8) }
  }
}

/** A shelf's type, whose source proves what it offers and whose sink notes what is proven. */
function proving (shelf: Shelf, done: BatchDone[], prove: ((from: number, to: number) => HandoverProof) | undefined): StreamType {
  const type = shelf.type()
  return {
    ...type,
    source: (peer, key) => {
      const source = type.source!(peer, key)!
      return {
        ...source,
        batch: async (from, to, options) => {
          const batch = await source.batch(from, to, options)
          return prove === undefined ? batch : { ...batch, proof: prove(batch.from, batch.to) }
        }
      }
    },
    sink: (peer, key) => ({ ...type.sink!(peer, key)!, done: async batch => { done.push(batch) } })
  }
}

test('an offer carries the empty proof where its source gives none', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf().fill(1, 10))
  const peer = new Scripted(node, 1)
  peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: false }, History: { From: 1n, To: 10n }, Priority: 1 })
  await clock.settle()
  const [offer] = peer.all('OfferedHashesMsg')
  expect(offer.HandoverProof).toEqual(noProof)
  // As the original reads it (streamer.md §3).
  expect(Buffer.from(encodeMessage(streamSpec, 'OfferedHashesMsg', offer)).toString('hex')).toMatch(/c980c7c3808080808080$/)
  await node.streamer.stop()
})

test.each([true, false])('what a source gives as proof reaches the sink (native: %s), and where it gives none nothing does', async native => {
  for (const prove of [proofOf, undefined]) {
    const clock = new VirtualClock()
    const done: BatchDone[] = []
    const [shelf, there] = [new Shelf().fill(1, 300), new Shelf()]
    const a = new Node(1, clock, shelf, {}, [proving(shelf, [], prove)])
    const b = new Node(2, clock, there, {}, [proving(there, done, undefined)])
    b.streamer.subscribe(new Link(a, b, { native }).toA, 'SHELF', 'x')
    await clock.advance(2_000)
    expect(there.items.size).toBe(300)
    expect(done.map(batch => [batch.to, batch.proof])).toEqual([128, 256, 300].map((to, n) => [to, prove?.([1, 129, 257][n]!, to)]))
    expect(done.every(batch => 'proof' in batch === (prove !== undefined))).toBe(true)
    await Promise.all([a.streamer.stop(), b.streamer.stop()])
  }
})

test('of a stretch that is proven everything is offered, also what the peer has', async () => {
  for (const [prove, offered] of [[proofOf, 10], [undefined, 0]] as const) {
    const clock = new VirtualClock()
    const [shelf, there] = [new Shelf(), new Shelf().fill(1, 10)]
    const a = new Node(1, clock, shelf, {}, [proving(shelf, [], prove)])
    const b = new Node(2, clock, there, {}, [proving(there, [], undefined)])
    const link = new Link(a, b)
    a.streamer.subscribe(link.toB, 'SHELF', 'x')
    await clock.advance(1_000)
    expect(shelf.items.size).toBe(10)
    b.streamer.subscribe(link.toA, 'SHELF', 'x')
    await clock.advance(1_000)
    expect(b.streamer.counters.idsOffered).toBe(offered)
    await Promise.all([a.streamer.stop(), b.streamer.stop()])
  }
})

test('a proof: 1,024 bytes, and one more ends the connection; a source that gives more is not served', async () => {
  // Beside the signature it has a name and a key of six bytes and a root of 32.
  for (const [size, over] of [[1_023, false], [1_024, false], [1_025, true]] as const) {
    const clock = new VirtualClock()
    const node = new Node(1, clock)
    const peer = new Scripted(node, 1).cursors(10)
    node.streamer.subscribe(peer.peer, 'SHELF', 'x')
    await clock.settle()
    peer.say('OfferedHashesMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: false }, From: 1n, To: 1n, Hashes: id(1), HandoverProof: proofOf(1, 1, size - 38) })
    await clock.settle()
    expect(peer.over).toBe(over)
    if (over) expect(await peer.ended).toBe('STREAMER_LIMIT')
    await node.streamer.stop()

    const shelf = new Shelf().fill(1, 10)
    const [a, b] = [new Node(1, clock, shelf, {}, [proving(shelf, [], (from, to) => proofOf(from, to, size - 38))]), new Node(2, clock)]
    let end: string | undefined
    void b.streamer.subscribe(new Link(a, b).toA, 'SHELF', 'x', { live: false }).ended.then(reason => { end = reason })
    await clock.advance(1_000)
    expect(end).toBe(over ? 'quit' : 'done')
    await Promise.all([a.streamer.stop(), b.streamer.stop()])
  }
})

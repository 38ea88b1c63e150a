import { expect, test } from 'vitest'
import { Net } from './net.ts'

/** A chunk that is asked for by two over a forwarding node, and one that nobody has; something happens at one point of it. */
async function session (at: number, how: string): Promise<boolean> {
  const net = new Net(1)
  const { clock, chunk } = net
  const [a, other, middle, holder] = [await net.add(0), await net.add(1), await net.add(4, { cache: true }), await net.add(9)]
  const cuts = [net.connect(a, middle), net.connect(other, middle), net.connect(middle, holder)]
  await holder.chunks.put([chunk])
  await clock.advance(100)
  const stop = new AbortController()
  const stops: Promise<void>[] = []
  const end = (node: typeof a): void => {
    node.retrieval.stop()
    stops.push(node.streamer.stop())
  }
  const act: Record<string, () => void> = {
    'who asks is cut off': cuts[0]!,
    'who has it is cut off': cuts[2]!,
    'who asks gives up': () => { stop.abort(new Error('enough')) },
    'who asks stops': () => { end(a) },
    'who passes it on stops': () => { end(middle) }
  }
  net.points.at(at, act[how]!)
  const absent = chunk.address.slice().fill(7, 20)
  const wait = [
    a.retrieval.retrieve(chunk.address, { signal: stop.signal }),
    a.retrieval.retrieve(absent, { signal: stop.signal }),
    other.retrieval.retrieve(chunk.address)
  ]
  const ends = Promise.allSettled(wait)
  const open: number[] = []
  for (const promise of wait) void promise.then(() => { open.push(1) }, () => { open.push(1) })
  await clock.advance(1_000)
  if (net.points.reached === undefined) {
    expect((await ends).map(result => result.status === 'fulfilled' && result.value?.length)).toEqual([chunk.data.length, undefined, chunk.data.length])
    // All have their answers: but for a last look after who was asked, nobody waits for any time to pass.
    await clock.advance(5_000)
    expect(clock.pending).toBe(0)
    await net.stop()
    return false
  }
  const here = `${how} at ${at}: ${net.points.reached}`
  await Promise.all(stops)
  // Whoever is still asked has its time to answer.
  await clock.advance(20_000)
  expect(open.length, here).toBe(wait.length)
  for (const { streamer } of [a, other, middle, holder]) {
    expect(streamer.handles, here).toMatchObject({ subscriptions: 0, items: 0, asks: 0, timers: 0, sources: 0, answers: 0 })
  }
  await net.stop()
  for (const { streamer } of [a, other, middle, holder]) expect(streamer.handles.peers, here).toBe(0)
  expect(clock.pending, here).toBe(0)
  return true
}

test.each(['who asks is cut off', 'who has it is cut off', 'who asks gives up', 'who asks stops', 'who passes it on stops'])(
  'at every message and every call of a store nothing is left after it: %s',
  async how => {
    let at = 1
    while (await session(at, how)) at++
    expect(at).toBeGreaterThan(12)
  }
)

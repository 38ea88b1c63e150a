import { makeChunk } from '@skep/chunk'
import { encodeMetadata, everyValidator, makeSingleOwnerChunk, metadataAddress, metadataHash } from '@skep/chunk/validators'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Net, type Node } from './net.ts'

let net: Net
beforeEach(() => { net = new Net(1) })
afterEach(async () => {
  await net.stop()
  expect(net.clock.pending).toBe(0)
})

/** A request that was given up is remembered as long as its answer may come. */
async function idle (...nodes: Node[]): Promise<void> {
  await net.clock.advance(15_000)
  for (const { streamer } of nodes) expect(streamer.handles).toMatchObject({ items: 0, asks: 0, answers: 0 })
}

test('a chunk that is here is taken from here', async () => {
  const [a, b] = [await net.add(3), await net.add(8)]
  net.connect(a, b)
  await a.chunks.put([net.chunk])
  expect(await a.retrieval.retrieve(net.chunk.address)).toEqual(net.chunk.data)
  expect(b.looked()).toBe(0)
})

test('a chunk comes over several hops, each nearer than the one before', async () => {
  const nodes = [await net.add(0), await net.add(2), await net.add(5), await net.add(9)]
  for (let i = 1; i < nodes.length; i++) net.connect(nodes[i - 1]!, nodes[i]!)
  await nodes[3]!.chunks.put([net.chunk])
  await net.clock.advance(100)
  const [data, ms] = await net.time(nodes[0]!.retrieval.retrieve(net.chunk.address))
  expect(data).toEqual(net.chunk.data)
  expect(ms).toBeLessThan(200)
  for (const node of nodes.slice(0, 3)) expect(await node.chunks.has(net.chunk.address)).toBe(false)
  await idle(...nodes)
})

test('with the cache it is kept on the way', async () => {
  const nodes = [await net.add(0), await net.add(2, { cache: true }), await net.add(5)]
  for (let i = 1; i < nodes.length; i++) net.connect(nodes[i - 1]!, nodes[i]!)
  await nodes[2]!.chunks.put([net.chunk])
  await net.clock.advance(100)
  await net.time(nodes[0]!.retrieval.retrieve(net.chunk.address))
  expect(await Promise.all(nodes.map(({ chunks }) => chunks.has(net.chunk.address)))).toEqual([false, true, true])
})

test('the nearest is asked first', async () => {
  const a = await net.add(0)
  const others = [await net.add(4), await net.add(12), await net.add(7)]
  for (const other of others) {
    net.connect(a, other)
    await other.chunks.put([net.chunk])
  }
  await net.clock.advance(100)
  await net.time(a.retrieval.retrieve(net.chunk.address))
  expect(others.map(({ looked }) => looked())).toEqual([0, 1, 0])
})

test('a request is never passed on to somebody who is not nearer, but our own may be', async () => {
  const [far, middle, side, near] = [await net.add(1), await net.add(4), await net.add(3), await net.add(6)]
  net.connect(far, middle)
  net.connect(middle, side)
  net.connect(middle, near)
  await side.chunks.put([net.chunk])
  await net.clock.advance(100)
  expect((await net.time(far.retrieval.retrieve(net.chunk.address)))[0]).toBeUndefined()
  expect(side.looked()).toBe(0)
  await net.clock.advance(5_000)
  expect((await net.time(middle.retrieval.retrieve(net.chunk.address)))[0]).toEqual(net.chunk.data)
})

test('when all say no the answer comes soon', async () => {
  const nodes = [await net.add(0), await net.add(3), await net.add(4), await net.add(5), await net.add(9)]
  for (const [i, a] of nodes.entries()) for (const b of nodes.slice(i + 1)) net.connect(a, b)
  await net.clock.advance(100)
  for (const node of nodes) {
    const [data, ms] = await net.time(node.retrieval.retrieve(net.chunk.address))
    expect(data).toBeUndefined()
    expect(ms).toBeLessThan(1_000)
  }
  await idle(...nodes)
})

test('when nobody is connected the answer is there at once', async () => {
  const a = await net.add(0)
  expect(await net.time(a.retrieval.retrieve(net.chunk.address))).toEqual([undefined, 0])
})

test.each([0, 20])('when those at proximity order %i are silent the answer comes within 20 seconds', async po => {
  const a = await net.add(10)
  for (let i = 0; i < 3; i++) {
    const silent = await net.add(po)
    silent.streamer.onRequest(async () => new Promise(() => {}))
    net.connect(a, silent)
  }
  await net.clock.advance(100)
  const [data, ms] = await net.time(a.retrieval.retrieve(net.chunk.address))
  expect(data).toBeUndefined()
  expect(ms).toBeLessThanOrEqual(20_000)
  await idle(a)
})

test('a silent peer is passed over for the next one', async () => {
  const [a, silent, good] = [await net.add(0), await net.add(9), await net.add(5)]
  silent.streamer.onRequest(async () => new Promise(() => {}))
  net.connect(a, silent)
  net.connect(a, good)
  await good.chunks.put([net.chunk])
  await net.clock.advance(100)
  const [data, ms] = await net.time(a.retrieval.retrieve(net.chunk.address))
  expect(data).toEqual(net.chunk.data)
  expect(ms).toBeLessThan(5_000)
})

test('a peer that lies is passed over for the next one', async () => {
  const [a, liar, good] = [await net.add(0), await net.add(9), await net.add(5)]
  liar.streamer.onRequest(async () => Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9))
  net.connect(a, liar)
  net.connect(a, good)
  await good.chunks.put([net.chunk])
  await net.clock.advance(100)
  expect((await net.time(a.retrieval.retrieve(net.chunk.address)))[0]).toEqual(net.chunk.data)
})

test('a peer that goes is passed over for the next one', async () => {
  const [a, going, good] = [await net.add(0), await net.add(9), await net.add(5)]
  going.streamer.onRequest(async () => new Promise(() => {}))
  const cut = net.connect(a, going)
  net.connect(a, good)
  await good.chunks.put([net.chunk])
  await net.clock.advance(100)
  net.clock.after(50, cut)
  const [data, ms] = await net.time(a.retrieval.retrieve(net.chunk.address))
  expect(data).toEqual(net.chunk.data)
  expect(ms).toBeLessThan(300)
})

test('however many ask, it is fetched once', async () => {
  const [a, b, c] = [await net.add(0), await net.add(1), await net.add(4)]
  const holder = await net.add(9)
  net.connect(a, c)
  net.connect(b, c)
  net.connect(c, holder)
  await holder.chunks.put([net.chunk])
  await net.clock.advance(100)
  const all = Promise.all([...Array.from({ length: 20 }, () => a), ...Array.from({ length: 20 }, () => b), c].map(({ retrieval }) => retrieval.retrieve(net.chunk.address)))
  const [found] = await net.time(all)
  expect(found.every(data => data !== undefined && data.length === net.chunk.data.length)).toBe(true)
  expect(holder.looked()).toBe(1)
})

test('two nodes that look for the same chunk do not wait for each other', async () => {
  const [a, b] = [await net.add(3), await net.add(4)]
  net.connect(a, b)
  await net.clock.advance(100)
  const [found, ms] = await net.time(Promise.all([a.retrieval.retrieve(net.chunk.address), b.retrieval.retrieve(net.chunk.address)]))
  expect(found).toEqual([undefined, undefined])
  expect(ms).toBeLessThan(1_000)
})

test('that nobody has it is remembered for a moment, and found out anew after it', async () => {
  const [a, b, c] = [await net.add(0), await net.add(4), await net.add(9)]
  net.connect(a, b)
  net.connect(b, c)
  await net.clock.advance(100)
  const look = async (): Promise<unknown> => (await net.time(a.retrieval.retrieve(net.chunk.address)))[0]
  expect(await look()).toBeUndefined()
  expect(await look()).toBeUndefined()
  expect(c.looked()).toBe(1)
  await c.chunks.put([net.chunk])
  await net.clock.advance(2_000)
  expect(await look()).toEqual(net.chunk.data)
})

test('who gives up gets the reason, and the others the chunk', async () => {
  const [a, b] = [await net.add(0), await net.add(9)]
  net.connect(a, b)
  await b.chunks.put([net.chunk])
  await net.clock.advance(100)
  const stop = new AbortController()
  const reason = new Error('enough')
  const given = a.retrieval.retrieve(net.chunk.address, { signal: stop.signal })
  const other = a.retrieval.retrieve(net.chunk.address)
  net.clock.after(5, () => stop.abort(reason))
  await expect(net.time(given)).rejects.toBe(reason)
  expect((await net.time(other))[0]).toEqual(net.chunk.data)
  await expect(a.retrieval.retrieve(net.chunk.address, { signal: stop.signal })).rejects.toBe(reason)
})

test('when the last one gives up, nobody is asked any longer', async () => {
  const [a, silent] = [await net.add(0), await net.add(9)]
  silent.streamer.onRequest(async (_, __, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))))
  net.connect(a, silent)
  await net.clock.advance(100)
  const stop = new AbortController()
  const given = a.retrieval.retrieve(net.chunk.address, { signal: stop.signal })
  net.clock.after(50, () => stop.abort(new Error('enough')))
  await expect(net.time(given)).rejects.toThrow('enough')
  await idle(a, silent)
})

test('a request goes no further than its hops', async () => {
  // Two that pass it on are within two hops, and a third one is not.
  for (const [maxHops, found] of [[1, false], [2, false], [3, true], [20, true]] as const) {
    const own = new Net(1)
    const nodes = [await own.add(0, { maxHops }), await own.add(2), await own.add(4), await own.add(6), await own.add(9)]
    for (let i = 1; i < nodes.length; i++) own.connect(nodes[i - 1]!, nodes[i]!)
    await nodes[4]!.chunks.put([own.chunk])
    await own.clock.advance(100)
    const [data] = await own.time(nodes[0]!.retrieval.retrieve(own.chunk.address))
    expect(data).toEqual(found ? own.chunk.data : undefined)
    expect(nodes.slice(1).map(({ looked }) => looked())).toEqual([1, 2, 3, 4].map(n => n <= maxHops + 1 ? 1 : 0))
    await own.stop()
  }
})

test('what is taken back is taken back over those who pass it on, while somebody else who asks still waits', async () => {
  const [a, other, middle, holder] = [await net.add(0), await net.add(1), await net.add(4), await net.add(9)]
  let asked: AbortSignal | undefined
  let answer: (data: Uint8Array) => void = () => {}
  holder.streamer.onRequest(async (_, __, { signal }) => {
    asked = signal
    return new Promise(resolve => { answer = resolve })
  })
  for (const node of [a, other, holder]) net.connect(node, middle)
  await net.clock.advance(100)
  const stop = new AbortController()
  const given = a.retrieval.retrieve(net.chunk.address, { signal: stop.signal })
  const waits = other.retrieval.retrieve(net.chunk.address)
  const late = expect(given).rejects.toThrow('enough')
  await net.clock.advance(50)
  stop.abort(new Error('enough'))
  await net.clock.advance(50)
  await late
  expect(asked?.aborted).toBe(false)
  answer(net.chunk.data)
  expect((await net.time(waits))[0]).toEqual(net.chunk.data)

  // And when nobody waits any more, the last in the row hears of it within the time that it takes to get there.
  const absent = net.chunk.address.slice().fill(7, 20)
  const again = new AbortController()
  const both = [a, other].map(async ({ retrieval }) => retrieval.retrieve(absent, { signal: again.signal }))
  const over = Promise.allSettled(both)
  await net.clock.advance(50)
  const signal = asked!
  expect(signal.aborted).toBe(false)
  again.abort(new Error('enough'))
  await net.clock.advance(20)
  expect(signal.aborted).toBe(true)
  await over
  await idle(a, other, middle, holder)
})

test('what is looked for at the same time is bounded', async () => {
  const [a, silent] = [await net.add(0, { maxOpen: 2 }), await net.add(9)]
  silent.streamer.onRequest(async () => new Promise(() => {}))
  net.connect(a, silent)
  await net.clock.advance(100)
  const open = [1, 2].map(i => a.retrieval.retrieve(net.random.bytes(32).fill(i, 0, 1)))
  await net.clock.settle()
  await expect(a.retrieval.retrieve(net.random.bytes(32))).rejects.toMatchObject({ code: 'RETRIEVAL_BUSY' })
  expect((await net.time(Promise.all(open)))[0]).toEqual([undefined, undefined])
})

test('what is no address is refused, and after stopping everything is', async () => {
  const [a, silent] = [await net.add(0), await net.add(9)]
  silent.streamer.onRequest(async () => new Promise(() => {}))
  net.connect(a, silent)
  await net.clock.advance(100)
  await expect(a.retrieval.retrieve(new Uint8Array(31))).rejects.toThrow(RangeError)
  const open = a.retrieval.retrieve(net.chunk.address)
  await net.clock.settle()
  a.retrieval.stop()
  await expect(open).rejects.toMatchObject({ name: 'RetrievalError', code: 'RETRIEVAL_STOPPED' })
  await expect(a.retrieval.retrieve(net.chunk.address)).rejects.toMatchObject({ code: 'RETRIEVAL_STOPPED' })
})

test('what a peer answers is a chunk when one of the given validators says so', async () => {
  const owner = net.random.bytes(20)
  const data = encodeMetadata({ startTime: 0n, frequency: 60n, name: new Uint8Array(0), owner })
  const resource = { address: metadataAddress(metadataHash(data), owner), data }
  const [a, b, c] = [await net.add(0, { validators: everyValidator }), await net.add(0), await net.add(5)]
  net.connect(a, c)
  net.connect(b, c)
  await c.chunks.put([resource], { kind: 'resource' })
  expect((await net.time(a.retrieval.retrieve(resource.address)))[0]).toEqual(data)
  expect((await net.time(b.retrieval.retrieve(resource.address)))[0]).toBeUndefined()
  await idle(a, b, c)
})

test('an old peer is answered with nothing that it takes for no chunk: it would hang up', async () => {
  const data = encodeMetadata({ startTime: 0n, frequency: 60n, name: new Uint8Array(0), owner: new Uint8Array(20) })
  const resource = { address: metadataAddress(metadataHash(data), new Uint8Array(20)), data }
  const owned = makeSingleOwnerChunk(new Uint8Array(32), new Uint8Array(20), net.chunk, () => new Uint8Array(65))
  const empty = makeChunk(new Uint8Array(0))
  // Signatures are not what is tried here.
  const options = { validators: [...everyValidator, { kind: 'single-owner' as const, accepts: () => true }] }
  const [a, b] = [await net.add(0, options), await net.add(5, options)]
  await b.chunks.put([net.chunk, empty], { kind: 'content' })
  await b.chunks.put([resource], { kind: 'resource' })
  await b.chunks.put([owned], { kind: 'single-owner' })
  const got = async (): Promise<boolean[]> => {
    const out = []
    for (const { address } of [net.chunk, resource, owned, empty]) out.push((await net.time(a.retrieval.retrieve(address)))[0] !== undefined)
    return out
  }
  const cut = net.connect(a, b, 10, false)
  expect(await got()).toEqual([true, true, false, false])
  cut()
  await net.clock.advance(20_000)
  net.connect(a, b)
  expect(await got()).toEqual([true, true, true, true])
  await idle(a, b)
})

test('a request that may not go far says nothing of one that may', async () => {
  const [short, other, middle, near, holder] = [await net.add(0), await net.add(1), await net.add(3), await net.add(5), await net.add(9)]
  net.connect(short, middle)
  net.connect(other, middle)
  net.connect(middle, near)
  net.connect(near, holder)
  await holder.chunks.put([net.chunk])
  await net.clock.advance(100)
  const { address } = net.chunk
  const [peer] = [...short.table.peers()].map(([one]) => one)
  const ask = async (hops: number): Promise<string> => await short.streamer.fetch(address, { candidates: [peer!], accept: () => true, hops }).then(() => 'found', (error: { code: string }) => error.code)
  // One after the other.
  for (const hops of [0, 1]) {
    expect((await net.time(ask(hops)))[0]).toBe('STREAMER_NOT_FOUND')
    expect((await net.time(other.retrieval.retrieve(address)))[0]).toEqual(net.chunk.data)
  }
  // While it is under way, however far it has come.
  for (let ms = 0; ms < 40; ms += 2) {
    await net.clock.advance(3_000)
    const first = ask(1)
    await net.clock.advance(ms)
    expect((await net.time(other.retrieval.retrieve(address)))[0], `${ms} ms later`).toEqual(net.chunk.data)
    await net.time(first)
  }
  await idle(short, other, middle, near, holder)
})

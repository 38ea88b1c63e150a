import { SeededRandom } from '@skep/sim'
import { expect, test } from 'vitest'
import { id, Node, Shelf, text, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

/** Follows a stream and notes which range of it each offer claims, and with what. */
async function follow (seed: number, native: boolean): Promise<void> {
  const random = new SeededRandom(seed)
  const clock = new VirtualClock()
  const shelf = new Shelf().fill(1, random.integer(400))
  const node = new Node(1, clock, shelf, { limits: { maxOffer: 4 + random.integer(20), maxEmptySkip: 1 + random.integer(30) } })
  const offers = { true: [] as any[], false: [] as any[] }
  let last = 0
  let added = shelf.order.length
  const add = (count: number): void => { for (let i = 0; i < count; i++) shelf.add(id(10_000 + added++)) }
  const peer = new Scripted(node, 1, native)
  peer.on = (name, value) => {
    // Items appear, and some go, between any two messages.
    add(random.integer(4))
    if (random.integer(3) === 0 && shelf.items.size > 0) {
      const there = shelf.order.filter(one => one !== undefined)
      shelf.remove(random.pick(there))
    }
    if (name === 'CursorMsg') {
      last = Number(value.Last)
      peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: true }, History: last === 0 ? undefined : { From: 1n, To: BigInt(last) }, Priority: 2 })
    }
    if (name !== 'OfferedHashesMsg') return
    const { Stream, From, To, Hashes } = value
    offers[`${Stream.Live as boolean}`].push({ from: Number(From), to: Number(To), ids: Hashes.length / 32, hashes: Hashes })
    peer.say('WantedHashesMsg', {
      Stream,
      Want: new Uint8Array(Hashes.length / 32 / 8 + 1),
      From: To + 1n,
      To: Stream.Live ? 0n : (native ? BigInt(last) : (1n << 64n) - 1n)
    })
  }
  const before = shelf.order.length
  if (native) peer.whisper('CursorRequestMsg', { Name: 'SHELF', Key: 'x' })
  else peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: true }, History: { From: 1n, To: 0n }, Priority: 2 })
  for (let step = 0; step < 60; step++) {
    await clock.advance(random.integer(120))
    add(random.integer(3))
  }
  peer.on = () => {}
  await clock.advance(1_000)
  expect(peer.over).toBe(false)

  const [history, live] = [offers.false, offers.true]
  const end = native ? last : (history.at(-1)?.to ?? before)
  // History begins at 1 and ends at the cursor; live goes on from there; neither leaves anything out.
  for (const [name, rows, from] of [['history', history, 1], ['live', live, end + 1]] as const) {
    let next = from
    for (const row of rows) {
      expect(row.from, `${name}, seed ${seed}`).toBe(next)
      expect(row.to).toBeGreaterThanOrEqual(row.from)
      next = row.to + 1
      // What is still there of the range was offered with it.
      const named = new Set(Array.from({ length: row.ids }, (_, i) => text(row.hashes.subarray(32 * i, 32 * i + 32))))
      for (let index = row.from; index <= row.to; index++) {
        const one = shelf.order[index - 1]
        if (one !== undefined) expect(named.has(text(one)), `index ${index}, seed ${seed}`).toBe(true)
      }
    }
    if (name === 'history' && native) expect(next, `seed ${seed}`).toBe(last + 1)
  }
  if (!native) expect(history.every(({ ids }) => ids > 0) && live.every(({ ids }) => ids > 0)).toBe(true)
}

for (const native of [true, false]) {
  test(`offers tile the stream while items come and go between any two messages, ${native ? 'natively' : 'to an old peer'}`, async () => {
    for (let seed = 1; seed <= 8; seed++) await follow(seed, native)
  })
}

import { pair } from '@skep/conn-memory'
import type { Operation, Store } from '@skep/interface'
import { Points } from '@skep/sim'
import { expect, test } from 'vitest'

/** What is done once, over a conn and a store; the store has calls alone. */
async function run (points: Points): Promise<void> {
  const calls: Operation[][] = []
  const store: Store = {
    get: async () => undefined,
    getMany: async keys => keys.map(() => undefined),
    batch: async operations => { calls.push(operations) },
    async * range () {},
    close: async () => {}
  }
  const counted = points.store(store, 'disk')
  expect(await counted.get(Uint8Array.of(1))).toBe(undefined)
  await counted.batch([{ type: 'del', key: Uint8Array.of(1) }])
  expect(await counted.getMany([Uint8Array.of(1)])).toEqual([undefined])
  for await (const _ of counted.range({})) throw new Error('there is nothing')
  expect(calls.length).toBe(1)
  const [here, there] = pair()
  await here.sink([Uint8Array.of(1), Uint8Array.of(2)])
  await here.close()
  const heard: number[] = []
  for await (const [n] of points.conn(there, 'there').source) heard.push(n!)
  expect(heard).toEqual([1, 2])
  await expect(points.call('what fails', async () => { throw new Error('no') })).rejects.toThrow('no')
}

test('something happens at each message and each call, before it and after it, once', async () => {
  const reached: string[] = []
  for (let n = 1; ; n++) {
    const points = new Points()
    let acts = 0
    points.at(n, () => { acts++ })
    expect(points.reached).toBe(undefined)
    await run(points)
    expect(acts).toBe(points.reached === undefined ? 0 : 1)
    if (points.reached === undefined) break
    reached.push(points.reached)
  }
  expect(reached).toEqual([
    ...['get', 'batch', 'getMany'].flatMap(call => [`before ${call} at disk`, `after ${call} at disk`]),
    'range at disk', 'message to there', 'message to there', 'before what fails', 'after what fails'
  ])
})

test('it may happen again, counted from then on', async () => {
  const points = new Points()
  const seen: number[] = []
  points.at(1, () => { seen.push(1) })
  points.pass('a')
  points.at(2, () => { seen.push(2) })
  points.pass('b')
  expect(points.reached).toBe(undefined)
  points.pass('c')
  points.pass('d')
  expect([seen, points.reached]).toEqual([[1, 2], 'c'])
})

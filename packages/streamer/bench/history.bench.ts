import { bench, describe } from 'vitest'
import { connect, Items, streamer, until } from './world.ts'

const COUNT = 5_000

/** Both ends in one process, over conn-memory, without hashing and without a disk. */
describe(`${COUNT} items of history`, () => {
  for (const peers of [1, 9]) {
    bench(`from ${peers} ${peers === 1 ? 'peer' : 'peers that all offer them'}`, async () => {
      const here = new Items(0)
      const follower = streamer(here)
      const many = Array.from({ length: peers }, () => streamer(new Items(COUNT)))
      for (const one of many) follower.subscribe(connect(one, follower).toA, 'ITEMS', '')
      await until(() => here.size === COUNT)
      await Promise.all([follower, ...many].map(async one => { await one.stop() }))
    }, { iterations: 5, warmupIterations: 1, time: 0 })
  }
})

import { bench, describe } from 'vitest'
import { BODY, connect, id, Items, streamer } from './world.ts'

/** A retrieve request of one item while a full history is under way on the same conn. */
describe('a fetch', () => {
  for (const busy of [false, true]) {
    const server = streamer(new Items(0))
    const busyItems = new Items(1_000_000)
    const full = streamer(busyItems)
    full.onRequest(async () => BODY)
    server.onRequest(async () => BODY)
    const client = streamer(new Items(0))
    const { toA } = connect(busy ? full : server, client)
    let n = 0
    bench(busy ? 'during a history' : 'of an idle peer', async () => {
      if (busy && n === 0) client.subscribe(toA, 'ITEMS', '')
      await client.fetch(id(2_000_000 + n++), { candidates: [toA], accept: () => true })
    }, { iterations: 200, time: 500 })
  }
})

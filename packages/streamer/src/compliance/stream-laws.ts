import { decodeMessage } from '@skep/wire'
import { streamSpec } from '../messages.ts'
import { holds, type StreamTypeSubject, type StreamTypeSuite } from './suite.ts'
import { lies, World } from './world.ts'

/** More than one batch holds. */
const MANY = 300
const FEW = 12

/** The laws of a stream between two nodes: what its type gets from the streamer, if it keeps its own. */
export function streamLaws (law: (name: string, body: (subject: StreamTypeSubject) => Promise<void>) => void, suite: StreamTypeSuite): void {
  const append = async (subject: StreamTypeSubject, count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await subject.append()
  }

  law('history and what comes later arrive, each item once', async subject => {
    await append(subject, MANY)
    const world = new World(suite, subject)
    world.connect()
    await world.converge('history')
    await append(subject, FEW)
    await world.converge('live')
    const { bodiesReceived, bodiesStored } = world.client.counters
    holds(bodiesReceived === MANY + FEW && bodiesStored === MANY + FEW, `${bodiesReceived} bodies came for ${MANY + FEW} items`)
    await world.stop()
  })

  law('after a cut at any message it goes on where it was, and nothing stored comes again', async subject => {
    await append(subject, FEW)
    const world = new World(suite, subject)
    let cut = 1
    for (let whole = false; !whole; cut++) {
      let left = cut
      whole = true
      const { over } = world.connect(message => {
        if (--left > 0) return message
        whole = false
        return 'cut'
      })
      if (cut % 3 === 0) await subject.append()
      await world.until(() => left <= 0)
      if (!whole) await world.during(over)
      holds(cut < 200, 'a stream that is cut later and later never comes to its end')
    }
    await world.converge('after the cuts')
    const { bodiesStored } = world.client.counters
    const items = FEW + Math.floor((cut - 1) / 3)
    holds(bodiesStored === items, `${bodiesStored} bodies were stored for ${items} items`)
    await world.stop()
  })

  law('after the end of the process at any message it goes on, and nothing stored comes again', async subject => {
    await append(subject, FEW)
    const world = new World(suite, subject)
    for (let end = 1; end <= 3 * FEW; end++) {
      let left = end
      const { over } = world.connect(message => {
        left--
        return message
      })
      await world.until(() => left <= 0)
      await world.restart()
      await world.during(over)
    }
    world.connect()
    await world.converge('after the restarts')
    const stored = world.stored + world.client.counters.bodiesStored
    holds(stored === FEW, `${stored} bodies were stored for ${FEW} items`)
    await world.stop()
  })

  law('batches that come in another order, and twice, are the same', async subject => {
    await append(subject, FEW)
    const world = new World(suite, subject)
    const kept: Uint8Array[] = []
    // Deliveries are held and let go the other way round, by changing places.
    world.connect(message => {
      if (decodeMessage(streamSpec, message).name !== 'ChunkDeliveryMsg') return message
      kept.push(message)
      const partner = kept.length % 2 === 0 ? kept[kept.length - 2]! : message
      return partner
    })
    holds(await world.until(async () => await world.complete()), 'not every item arrives when some come twice and others late')
    await world.stop()
  })

  law('who lies is not believed, and the right body is taken from another', async subject => {
    if (subject.unverifiable === true) return
    await append(subject, 1)
    const world = new World(suite, subject)
    const liar = world.connect(lies(body => body.map(byte => byte ^ 0xff)))
    await world.until(() => world.client.counters.bodiesInvalid > 0)
    holds(!await world.complete(), 'a wrong body was kept')
    const other = world.streamer(subject.server)
    world.connect(undefined, other, 3)
    holds(await world.until(async () => await world.complete()), 'after a lie the right body is not taken')
    await world.during(other.stop())
    await world.stop()
    await liar.over
  })

  law('a subscription that ends in the middle leaves nothing behind, and may begin again', async subject => {
    await append(subject, MANY)
    const world = new World(suite, subject)
    let left = MANY / 2
    const { peer } = world.connect(message => {
      left--
      return message
    })
    await world.until(() => left <= 0)
    world.client.unsubscribe(peer, subject.server.name, subject.key ?? '')
    holds(await world.until(() => world.server.handles.sources === 0), 'the serving half is still open')
    world.client.subscribe(peer, subject.server.name, subject.key ?? '')
    await world.converge('after it began again')
    await world.stop()
  })

  law('a slow peer gets everything, later', async subject => {
    await append(subject, FEW)
    const world = new World(suite, subject)
    world.connect()
    for (let i = 0; i < FEW; i++) {
      await append(subject, 1)
      await world.until(async () => await world.complete())
    }
    await world.converge('one by one')
    await world.stop()
  })

  law('a stream that was wiped is followed afresh', async subject => {
    if (subject.wipe === undefined) return
    await append(subject, FEW)
    const world = new World(suite, subject)
    const { over } = world.connect()
    await world.converge('before')
    await world.restart()
    await world.during(over)
    await subject.wipe()
    // More than before, so that nothing but the epoch tells.
    await append(subject, FEW + 3)
    world.connect()
    await world.converge('after it was wiped')
    await world.stop()
  })
}

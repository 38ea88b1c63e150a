import { ID_SIZE, nativeSpec, streamSpec } from '../messages.ts'
import type { StreamPeer } from '../type.ts'
import { holds, type StreamTypeSubject, type StreamTypeSuite } from './suite.ts'
import { after, byHalf, lies, offers, shuffled, slow, twice, type Offer } from './tampers.ts'
import { World } from './world.ts'

/** More than one batch holds. */
const MANY = 300
const FEW = 12
/** Items in a batch where a few items are to be several of them. */
const BATCH = 3
/** A session of a few items has fewer messages in each of its conversations. */
const MESSAGES = 200
/** Longer than any honest peer is waited for before another is asked, in milliseconds. */
const LATE = 12_000
/** Longer than a batch waits for its items. */
const TOO_LATE = 45_000

/** A connection that is interrupted. */
interface Session {
  readonly world: World
  readonly over: Promise<unknown>
  readonly peer: StreamPeer
  cut: () => void
}

/** The laws of a stream between two nodes: what its type gets from the streamer, if it keeps its own. */
export function streamLaws (law: (name: string, body: (subject: StreamTypeSubject) => Promise<void>) => void, suite: StreamTypeSuite): void {
  const append = async (subject: StreamTypeSubject, count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await subject.append()
  }
  /** A world of its own: with a few items, in several batches. */
  const fresh = async (subject?: StreamTypeSubject): Promise<World> => {
    const made = subject ?? await suite.make()
    await append(made, FEW)
    return new World(suite, made, BATCH)
  }

  /** Interrupts a session at each of its messages, a fresh one each time, until one ends before its turn comes. */
  const atEveryMessage = async (conversation: 'stream' | 'native', interrupt: (session: Session) => void, goOn: (session: Session) => Promise<void>): Promise<void> => {
    for (let n = 1, whole = false; !whole; n++) {
      holds(n < MESSAGES, 'a session of a few items has no end')
      const world = await fresh()
      whole = true
      const session: Session = { world, cut () {}, ...world.connect({ [conversation]: after(world.clock, n, way => {
        whole = false
        session.cut = way.cut
        interrupt(session)
      }) }) }
      await world.until(async () => !whole || await world.settled())
      if (!whole) await goOn(session)
      await world.converge(`after message ${n}`)
      world.once(FEW)
      await world.stop()
    }
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
    world.once(MANY + FEW)
    await world.stop()
  })

  law('a stream with holes arrives, as history and as it grows, and nothing of it is offered again', async subject => {
    if (subject.skip === undefined) return
    let items = 0
    const grow = async (hole: number): Promise<void> => {
      if (hole > 0) await subject.skip!(hole)
      await append(subject, BATCH - 1)
      items += BATCH - 1
    }
    // At its beginning and at its end, within a batch and longer than one.
    for (const hole of [BATCH + 1, 0, 1, 2 * BATCH, 1]) await grow(hole)
    await subject.skip(BATCH + 1)
    const world = new World(suite, subject, BATCH)
    const { over } = world.connect()
    await world.converge('history with holes')
    for (const hole of [0, 1, BATCH + 1]) {
      await grow(hole)
      await world.converge(`what comes behind a hole of ${hole}`)
    }
    await world.restart()
    await world.during(over)
    world.connect()
    await world.converge('holes after the end of the process')
    const { idsOffered } = world.client.counters
    holds(idsOffered === 0, `${idsOffered} ids are offered again`)
    world.once(items)
    await world.stop()
  })

  for (const [conversation, name] of [['stream', 'stream/5'], ['native', 'skep-stream/1']] as const) {
    law(`after a cut at any message of ${name} nothing is left, it goes on where it was, and nothing stored comes again`, async () => {
      await atEveryMessage(conversation, ({ cut }) => { cut() }, async ({ world, over }) => {
        await world.during(over)
        await world.nothingLeft('after a cut')
        world.connect()
      })
    })

    law(`after the end of the process at any message of ${name} it goes on, and nothing stored comes again`, async () => {
      const kill = ({ world, cut }: Session): void => {
        world.kill()
        cut()
      }
      await atEveryMessage(conversation, kill, async ({ world, over }) => {
        await world.restart()
        await world.during(over)
        world.connect()
      })
    })

    law(`a subscription that ends at any message of ${name} leaves nothing behind, and may begin again`, async () => {
      const leave = ({ world: { client, subject }, peer }: Session): void => { client.unsubscribe(peer, subject.server.name, subject.key ?? '') }
      await atEveryMessage(conversation, leave, async ({ world, peer }) => {
        const { client, server, subject } = world
        const ended = await world.until(() => server.handles.sources === 0 && client.handles.subscriptions === 0 && client.handles.items === 0)
        holds(ended, 'a half is still open')
        holds(world.puts.size === client.counters.bodiesReceived, `${client.counters.bodiesReceived} bodies came and ${world.puts.size} were put`)
        client.subscribe(peer, subject.server.name, subject.key ?? '')
        await world.converge('after it began again')
        holds(client.counters.bodiesReceived === FEW, `${client.counters.bodiesReceived} bodies came for ${FEW} items`)
      })
    })
  }

  law('deliveries of several batches, of history and of what is new, come in any order', async subject => {
    const world = await fresh(subject)
    // Less than makes anybody late.
    world.connect({ stream: byHalf(world.clock, 400), native: shuffled(world.clock, 400) })
    const appending = [1, 2, 3, 4, 5, 6].map(n => 150 * n)
    for (const [i, at] of appending.entries()) {
      await world.until(() => world.clock.now() >= at || (i > 0 && world.clock.pending === 0))
      await append(subject, 2)
    }
    await world.converge('in another order')
    world.once(FEW + 2 * appending.length)
    await world.stop()
  })

  law('messages that come twice are the same as once, or end the connection and nothing else', async () => {
    for (const name of ['DeliveriesMsg', 'OfferedHashesMsg', 'WantedHashesMsg', 'SubscribeMsg', 'UnsubscribeMsg', 'QuitMsg']) {
      const world = await fresh()
      const { over } = world.connect(name === 'DeliveriesMsg' ? { native: twice(nativeSpec, name) } : { stream: twice(streamSpec, name) })
      let ended = false
      void over.then(() => { ended = true })
      await world.until(async () => ended || await world.settled())
      holds(name !== 'DeliveriesMsg' || !ended, 'a body that comes twice ends the connection')
      if (ended) {
        await world.nothingLeft(`after every ${name} came twice`)
        world.connect()
      }
      await world.converge(`after every ${name} came twice`)
      world.once(FEW)
      await world.stop()
    }
  })

  law('who lies is not believed, and the right body is taken from another', async subject => {
    if (subject.unverifiable === true) return
    const world = await fresh(subject)
    const liar = world.connect({ native: lies(n => n % 5 === 1 && n < FEW) })
    await world.until(() => world.client.counters.bodiesInvalid > 2)
    holds(!await world.complete(), 'a wrong body was kept')
    const other = world.serve()
    world.connect({ server: other, overlay: 3 })
    holds(await world.until(async () => await world.complete()), 'after a lie the right body is not taken')
    world.once(FEW)
    await world.during(other.stop())
    await world.stop()
    await liar.over
  })

  law('an id that nobody has is asked for in vain, and everything else arrives', async subject => {
    const world = await fresh(subject)
    const nothing = Array.from({ length: 3 }, (_, n) => new Uint8Array(ID_SIZE).fill(0xf0 + n))
    // One of each of the first batches.
    world.connect({
      stream: offers((offer, n) => {
        const Hashes = offer.Hashes.slice()
        if (n < nothing.length && Hashes.length > 0) Hashes.set(nothing[n]!, ID_SIZE * (n % (Hashes.length / ID_SIZE)))
        return { ...offer, Hashes }
      })
    })
    await world.converge('after ids that nobody has')
    holds((await world.needs(nothing)).every(Boolean), 'an id that nobody has counts as here')
    world.once(FEW)
    await world.stop()
  })

  law('an offer that cannot be ends the connection, and nothing else', async () => {
    const wrong: [what: string, change: (offer: Offer) => Offer][] = [
      ['a range that was not asked for', offer => ({ ...offer, From: offer.From + 1n, To: offer.To + 1n })],
      ['a range that ends before it begins', offer => ({ ...offer, To: offer.From - 1n })],
      ['more ids than indices', offer => ({ ...offer, To: offer.From })],
      ['more ids than a batch holds', offer => ({ ...offer, Hashes: new Uint8Array(ID_SIZE * 1000) })],
      ['half an id', offer => ({ ...offer, Hashes: offer.Hashes.slice(1) })]
    ]
    for (const [what, change] of wrong) {
      const world = await fresh()
      const { over } = world.connect({ stream: offers((offer, n) => n === 1 ? change(offer) : offer) })
      await world.during(over)
      await world.nothingLeft(`after ${what}`)
      world.connect()
      await world.converge(`after ${what}`)
      world.once(FEW)
      await world.stop()
    }
  })

  law('a peer that is slow all the time gives everything, later', async subject => {
    const world = await fresh(subject)
    world.connect({ native: slow(world.clock, () => LATE) })
    for (let i = 0; i < 3; i++) {
      await append(subject, 1)
      await world.until(async () => await world.complete())
    }
    await world.converge('slowly')
    const items = FEW + 3
    holds(world.client.counters.bodiesReceived === items, `${world.client.counters.bodiesReceived} bodies came for ${items} items`)
    world.once(items)
    await world.stop()
  })

  law('what a peer is too slow for is asked for again', async subject => {
    const world = await fresh(subject)
    world.connect({ native: slow(world.clock, n => n % 4 === 1 && n < FEW ? TOO_LATE : 0) })
    await world.converge('after some came too late')
    world.once(FEW)
    await world.stop()
  })

  law('what a slow peer has is taken from another, once', async subject => {
    await append(subject, FEW)
    const world = new World(suite, subject)
    world.connect({ native: slow(world.clock, () => LATE) })
    const other = world.serve()
    world.connect({ server: other, overlay: 3 })
    await world.converge('from another')
    holds(world.clock.now() < LATE, 'another is asked only when the slow one has delivered')
    // What the slow one sends comes as well, and is not put again.
    const limit = world.clock.now() + 2 * LATE
    await world.until(() => world.clock.now() > limit)
    world.once(FEW)
    await world.during(other.stop())
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

import type { Overlay } from '@skep/interface'
import { VirtualClock } from '@skep/sim'
import type { StreamPeer, Subscription } from '@skep/streamer'
import { SyncStream, type SyncStreamNeeds } from '@skep/sync-stream'
import { expect, test } from 'vitest'

/** What happens to subscriptions, and when. */
interface Event { readonly at: number, readonly what: 'open' | 'close' | 'pause' | 'resume', readonly key: string }

/** Syncing over peers and a depth that a test changes; nothing is connected, and what is subscribed to is noted. */
function setUp (): { clock: VirtualClock, events: Event[], change: (changes: { depth?: number, add?: number, remove?: StreamPeer }) => StreamPeer | undefined, stop: () => void } {
  const clock = new VirtualClock()
  const events: Event[] = []
  const peers = new Map<StreamPeer, number>()
  const listeners = new Set<() => void>()
  const base = new Uint8Array(32)
  let depth = 3
  let made = 0
  const overlay: Overlay<StreamPeer> = {
    base,
    get depth () { return depth },
    peers: () => peers,
    onChange: listener => {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    }
  }
  const note = (what: Event['what'], key: string): void => { events.push({ at: clock.now(), what, key }) }
  const streamer = {
    register () {},
    onSubscriptionRequest () {},
    subscribe: (peer: StreamPeer, name: string, key: string): Subscription => {
      note('open', `${peer.key} ${key}`)
      return {
        peer, name, key, active: true, ended: new Promise(() => {}), onEnd () {},
        pause: () => { note('pause', `${peer.key} ${key}`) },
        resume: () => { note('resume', `${peer.key} ${key}`) },
        review () {},
        close: () => { note('close', `${peer.key} ${key}`) }
      }
    },
    requestSubscription () {}, quit () {}, status: () => [], wants: () => [], peerSynced: () => undefined, onChange: () => () => {}, announceSynced () {},
    fetch: async () => Promise.reject(new Error('nobody is here'))
  }
  const chunks = { lost: () => 0 } as unknown as SyncStreamNeeds<StreamPeer>['chunks']
  const sync = new SyncStream({ overlay, chunks, streamer, clock })
  sync.start()
  return {
    clock,
    events,
    change: ({ depth: to = depth, add, remove }) => {
      depth = to
      let peer: StreamPeer | undefined
      if (add !== undefined) {
        // With this proximity order to an address of zeros.
        const overlay = new Uint8Array(32)
        overlay[add >> 3] = 0x80 >> (add & 7)
        peer = { key: `peer ${made++}`, overlay, light: false }
        peers.set(peer, add)
      }
      if (remove !== undefined) peers.delete(remove)
      for (const listener of [...listeners]) listener()
      return peer
    },
    stop: () => { sync.stop() }
  }
}

/** The keys of what was opened at a time. */
function opened (events: readonly Event[], at: number): string[] {
  return events.filter(event => event.at === at && event.what === 'open').map(({ key }) => key)
}

test('a change is followed when nothing has changed for 200 milliseconds', async () => {
  const { clock, events, change } = setUp()
  change({ add: 3 })
  await clock.advance(150)
  change({ add: 4 })
  await clock.advance(199)
  expect(events.map(({ at }) => at)).toEqual([20, 170])
  await clock.advance(1)
  const all = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
  expect(opened(events, 350)).toEqual([
    ...all.filter(bin => bin !== 3).map(bin => `peer 0 ${bin.toString(36)}`),
    ...all.filter(bin => bin !== 4).map(bin => `peer 1 ${bin.toString(36)}`)
  ])
})

test('what is wanted of a peer at any depth is asked for at once, whatever the depth does meanwhile', async () => {
  for (const [po, depth, then] of [[1, 3, 0], [5, 0, 9], [5, 9, 2], [40, 3, 20]] as const) {
    const { clock, events, change, stop } = setUp()
    change({ depth })
    await clock.advance(1_000)
    change({ add: po })
    await clock.advance(19)
    expect(events).toEqual([])
    await clock.advance(1)
    const key = `peer 0 ${Math.min(po, 16).toString(36)}`
    expect(events).toEqual([{ at: 1_020, what: 'open', key }])
    change({ depth: then })
    await clock.advance(60_000)
    expect(events.filter(event => event.key === key)).toHaveLength(1)
    stop()
    expect(events.filter(({ what }) => what === 'close')).toHaveLength(events.filter(({ what }) => what === 'open').length)
    expect(clock.pending).toBe(0)
  }
})

test('and after two seconds when it never stands still', async () => {
  const { clock, events, change } = setUp()
  for (let n = 0; n < 100; n++) {
    change({ add: 5 })
    await clock.advance(100)
  }
  await clock.advance(1_000)
  expect(events.length).toBe(100 * 14)
  const late = events.filter(({ key }) => !key.endsWith(' 5'))
  const times = [...new Set(late.map(({ at }) => at))]
  // Nobody waits longer than that, and all who wait are followed at once.
  for (const { at, key } of late) expect(at - 100 * Number(key.split(' ')[1])).toBeLessThanOrEqual(2_000)
  for (const { at, key } of events) if (key.endsWith(' 5')) expect(at - 100 * Number(key.split(' ')[1])).toBe(20)
  expect(times.length).toBeLessThanOrEqual(6)
  expect(clock.pending).toBe(0)
})

test('a depth that goes to and fro all the time brings no storm: what was opened is paused, and neither closed nor opened again', async () => {
  const { clock, events, change } = setUp()
  for (let n = 0; n < 20; n++) change({ add: 3 + n % 6 })
  await clock.advance(1_000)
  const opened = events.length
  expect(opened).toBeGreaterThan(100)
  const began = clock.now()
  for (let n = 0; n < 200; n++) {
    change({ depth: 3 + (n + 1) % 2 })
    await clock.advance(97)
  }
  change({ depth: 3 })
  await clock.advance(30_000)
  const later = events.slice(opened)
  expect(later.filter(({ what }) => what === 'open' || what === 'close')).toEqual([])
  // Each look is at least a settled moment after the last, and pauses or resumes what is at stake once.
  const looks = new Set(later.map(({ at }) => at)).size
  expect(looks).toBeLessThanOrEqual(1 + 200 * 97 / 2_000)
  // At the end all of it goes on.
  const state = new Map<string, string>()
  for (const { key, what } of later) state.set(key, what)
  expect([...state.values()].every(what => what === 'resume')).toBe(true)
  expect(began).toBeLessThan(clock.now())
})

test('of a peer that comes and goes faster than that no more is asked than its own bin, and one that goes is let go once', async () => {
  const { clock, events, change, stop } = setUp()
  for (let n = 0; n < 10; n++) {
    const peer = change({ add: 5 })!
    await clock.advance(15)
    change({ remove: peer })
    await clock.advance(300)
  }
  expect(events).toEqual([])
  const brief = change({ add: 5 })!
  await clock.advance(50)
  change({ remove: brief })
  await clock.advance(300)
  expect(events.splice(0).map(({ what, key }) => `${what} ${key}`)).toEqual(['open peer 10 5', 'close peer 10 5'])
  const peer = change({ add: 5 })!
  await clock.advance(500)
  change({ remove: peer })
  await clock.advance(500)
  expect(events.filter(({ what }) => what === 'open')).toHaveLength(14)
  expect(events.filter(({ what }) => what === 'close')).toHaveLength(14)
  change({ add: 6 })
  await clock.advance(10)
  stop()
  expect(events.length).toBe(28)
  expect(clock.pending).toBe(0)
})

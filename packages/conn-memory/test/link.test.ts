import { MemoryHub, pair } from '@skep/conn-memory'
import type { Conn } from '@skep/interface'
import { describe, expect, test } from 'vitest'
import { ManualClock, settled } from './manual-clock.ts'

/** What a conn has given so far, and at what time. */
function listen (conn: Conn, clock: ManualClock): { got: [at: number, length: number][], end: () => string | undefined } {
  const got: [number, number][] = []
  let end: string | undefined
  void (async () => {
    for await (const message of conn.source) got.push([clock.now(), message.length])
  })().then(() => { end = 'end' }, (error: { code?: string, message: string }) => { end = error.code ?? error.message })
  return { got, end: () => end }
}

describe('a link', () => {
  test('takes its latency for each message, and for the end', async () => {
    const clock = new ManualClock()
    const [a, b] = pair({ clock, latency: 50 })
    const { got, end } = listen(b, clock)
    await a.sink([new Uint8Array(1)])
    await clock.advance(20)
    await a.close()
    await clock.advance(29)
    expect(got).toEqual([])
    await clock.advance(1)
    expect(got).toEqual([[50, 1]])
    await clock.advance(19)
    expect(end()).toBeUndefined()
    await clock.advance(1)
    expect(end()).toBe('end')
    expect(clock.pending).toBe(0)
  })

  test('carries so many bytes a second', async () => {
    const clock = new ManualClock()
    const [a, b] = pair({ clock, latency: 10, bandwidth: 1000 })
    const { got } = listen(b, clock)
    await a.sink([new Uint8Array(100), new Uint8Array(200), new Uint8Array(0)])
    await clock.advance(1000)
    expect(got).toEqual([[110, 100], [310, 200], [310, 0]])
  })

  test('holds the sender back by what is on the way too', async () => {
    const clock = new ManualClock()
    const [a, b] = pair({ clock, latency: 100, window: 10_000 })
    const { got } = listen(b, clock)
    let asked = 0
    const sent = a.sink((async function * () {
      for (; asked < 30; asked++) yield new Uint8Array(968)
    })())
    await settled()
    expect(asked).toBe(9)
    await clock.advance(1000)
    await sent
    expect(got).toHaveLength(30)
  })

  test('breaks at once when it is aborted, whatever is on the way', async () => {
    const clock = new ManualClock()
    const [a, b] = pair({ clock, latency: 50 })
    const { got, end } = listen(b, clock)
    await a.sink([new Uint8Array(1)])
    a.abort(new Error('cut'))
    await clock.advance(100)
    expect([got, end()]).toEqual([[], 'CONN_RESET'])
  })

  test('of latency needs a clock', () => {
    expect(() => pair({ latency: 1 })).toThrow(TypeError)
    expect(() => pair({ bandwidth: 1 })).toThrow(TypeError)
  })

  test.each([[99, true], [100, true], [101, false]])('takes %i of 100 bytes: %s', async (length, taken) => {
    const [a] = pair({ maxMessageSize: 100 })
    const sent = a.sink([new Uint8Array(length)])
    if (taken) await sent
    else await expect(sent).rejects.toMatchObject({ name: 'ConnError', code: 'CONN_MESSAGE_TOO_LONG' })
  })
})

describe('a hub', () => {
  test('connects a dialler to who listens, and names it', async () => {
    const hub = new MemoryHub()
    const accepted: [Conn, string][] = []
    hub.listen('b', (conn, from) => accepted.push([conn, from]))
    const conn = await hub.dial('b', { from: 'a' })
    await hub.dial('b')
    expect(accepted.map(([, from]) => from)).toEqual(['a', 'anonymous'])
    await conn.sink([Uint8Array.of(7)])
    expect(await accepted[0]![0].source[Symbol.asyncIterator]().next()).toEqual({ done: false, value: Uint8Array.of(7) })
  })

  test('refuses where nobody listens, and a second listener', async () => {
    const hub = new MemoryHub()
    await expect(hub.dial('b')).rejects.toMatchObject({ code: 'CONN_REFUSED' })
    const stop = hub.listen('b', () => {})
    expect(() => hub.listen('b', () => {})).toThrow(expect.objectContaining({ code: 'CONN_IN_USE' }))
    stop()
    await expect(hub.dial('b')).rejects.toMatchObject({ code: 'CONN_REFUSED' })
    hub.listen('b', () => {})
    stop()
    await hub.dial('b')
  })

  test('takes a round trip to connect, and can be told to give up', async () => {
    const clock = new ManualClock()
    const hub = new MemoryHub({ clock, latency: 30 })
    hub.listen('b', () => {})
    let connected = false
    void hub.dial('b').then(() => { connected = true })
    await clock.advance(59)
    expect(connected).toBe(false)
    await clock.advance(1)
    expect(connected).toBe(true)
    const controller = new AbortController()
    const reason = new Error('enough')
    const dialling = expect(hub.dial('b', { signal: controller.signal })).rejects.toBe(reason)
    await clock.advance(10)
    controller.abort(reason)
    await dialling
    expect(clock.pending).toBe(0)
    await expect(hub.dial('b', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  test('cuts the links of an address, or those between two', async () => {
    const clock = new ManualClock()
    const hub = new MemoryHub()
    const names = ['a', 'b', 'c']
    for (const name of names) hub.listen(name, () => {})
    const links = await Promise.all([['a', 'b'], ['b', 'c'], ['c', 'a']].map(async ([from, to]) => hub.dial(to!, { from: from! })))
    const ends = links.map(conn => listen(conn, clock).end)
    expect(hub.cut('b', 'a')).toBe(1)
    await settled()
    expect(ends.map(end => end())).toEqual(['CONN_RESET', undefined, undefined])
    expect(hub.cut('c')).toBe(2)
    await settled()
    expect(ends.map(end => end())).toEqual(['CONN_RESET', 'CONN_RESET', 'CONN_RESET'])
    expect(hub.cut('c')).toBe(0)
  })

  test('forgets a link that was closed', async () => {
    const hub = new MemoryHub()
    hub.listen('b', () => {})
    const conn = await hub.dial('b')
    await conn.close()
    expect(hub.cut('b')).toBe(0)
  })
})

import { describe, expect, test } from 'vitest'
import type { Session } from '@skep/interface'
import { Network, SeededRandom, VirtualClock, type NetworkOptions } from '@skep/sim'

const chat = { name: 'chat', version: 1 }
const id = (fill: number): Uint8Array => new Uint8Array(64).fill(fill)
const outcome = <T> (promise: Promise<T>): Promise<any> => promise.then(value => value, error => error)

function world (options: NetworkOptions = {}, seed = 1) {
  const clock = new VirtualClock()
  const network = new Network({ clock, random: new SeededRandom(seed) }, options)
  const accepted: Session[] = []
  const listen = (address: string, more = {}) => network.listen(address, { id: id(2), protocols: [chat, { name: 'chat', version: 2 }, { name: 'b', version: 1 }], onSession: session => { accepted.push(session) }, ...more })
  const dial = (from: string, to: string, more = {}) => network.dial(from, to, { id: id(1), protocols: [chat, { name: 'b', version: 1 }, { name: 'a', version: 1 }], ...more })
  const connect = async (from: string, to: string): Promise<[Session, Session]> => {
    const dialled = dial(from, to)
    await clock.advance(1_000)
    return [await dialled, accepted.at(-1)!]
  }
  return { clock, network, accepted, listen, dial, connect }
}

describe('the network', () => {
  test('brings two nodes together that share protocols', async () => {
    const { listen, connect } = world()
    listen('b')
    const [ours, theirs] = await connect('a', 'b')
    expect(ours.protocols).toEqual([{ name: 'b', version: 1 }, chat])
    expect(theirs.protocols).toEqual(ours.protocols)
    expect([ours.initiator, theirs.initiator]).toEqual([true, false])
    expect([ours.remote.id, ours.remote.address, theirs.remote.id, theirs.remote.address]).toEqual([id(2), 'b', id(1), 'a'])
    expect(ours.remote.binding).toEqual(theirs.remote.binding)
    expect(() => ours.open({ name: 'a', version: 1 })).toThrow(RangeError)
    ours.open(chat)
    expect(() => ours.open(chat)).toThrow(RangeError)
  })

  test('carries messages with the latency of the link', async () => {
    const { listen, connect, clock } = world({ latency: [20, 20] })
    listen('b')
    const [ours, theirs] = await connect('a', 'b')
    const sent = ours.open(chat).sink([Uint8Array.of(7)])
    let got: Uint8Array | undefined
    void (async () => { for await (const message of theirs.open(chat).source) got = message })()
    await clock.advance(19)
    expect(got).toBeUndefined()
    await clock.advance(1)
    expect(got).toEqual(Uint8Array.of(7))
    await sent
  })

  test('ends a session on both sides, with the reason', async () => {
    const { listen, connect, clock, network } = world()
    listen('b')
    const [ours, theirs] = await connect('a', 'b')
    expect(network.size).toBe(1)
    await ours.close('QUITTING')
    await clock.advance(100)
    expect(await Promise.all([ours.closed, theirs.closed])).toEqual(['QUITTING', 'QUITTING'])
    expect(network.size).toBe(0)
    await theirs.close('SELF')
    expect(await theirs.closed).toBe('QUITTING')
  })

  test('cuts the sessions of one address, or between two', async () => {
    const { listen, connect, network } = world()
    listen('b')
    listen('c')
    const [ab] = await connect('a', 'b')
    const [ac] = await connect('a', 'c')
    expect(network.cut('a', 'c')).toBe(1)
    expect(await ac.closed).toBe('NETWORK')
    expect(network.cut('b')).toBe(1)
    expect(await ab.closed).toBe('NETWORK')
    await ab.close()
  })

  test('refuses where nobody listens, or there is no room', async () => {
    const { listen, dial, clock } = world()
    const failed = outcome(dial('a', 'b'))
    await clock.advance(1_000)
    expect(await failed).toMatchObject({ message: 'nobody listens at b' })
    const stop = listen('b', { admit: (from: string) => from === 'c' })
    const refused = outcome(dial('a', 'b'))
    const letIn = outcome(dial('c', 'b'))
    await clock.advance(1_000)
    expect(await refused).toMatchObject({ message: 'b has no room' })
    expect((await letIn).initiator).toBe(true)
    expect(() => listen('b')).toThrow(RangeError)
    stop()
    stop()
    listen('b')
  })

  test('divided keeps groups apart until it heals', async () => {
    const { listen, connect, dial, clock, network } = world()
    listen('b')
    const [ours] = await connect('a', 'b')
    network.divide([['a'], ['b']])
    expect(await ours.closed).toBe('NETWORK')
    const abort = new AbortController()
    const waiting = outcome(dial('a', 'b', { signal: abort.signal }))
    await clock.advance(60_000)
    abort.abort(new Error('too long'))
    expect(await waiting).toMatchObject({ message: 'too long' })
    network.heal()
    await connect('a', 'b')
    network.silence('b')
    expect(network.size).toBe(1)
    const unheard = outcome(dial('a', 'b', { signal: AbortSignal.abort(new Error('before')) }))
    expect(await unheard).toMatchObject({ message: 'before' })
  })

  test('is the same again with the same seed', async () => {
    const arrivals = async (seed: number): Promise<number[]> => {
      const { listen, dial, clock } = world({}, seed)
      listen('b')
      const times: number[] = []
      for (let i = 0; i < 5; i++) void dial(`a${i}`, 'b').then(() => times.push(clock.now()))
      await clock.advance(1_000)
      return times
    }
    expect(await arrivals(1)).toEqual(await arrivals(1))
    expect(await arrivals(1)).not.toEqual(await arrivals(2))
  })
})

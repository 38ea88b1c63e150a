import { Kademlia, type KadPeer, type KadRecord, type KademliaOptions } from '@skep/kademlia'
import { fromBinary, randomAddressAt } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { describe, expect, test } from 'vitest'

const address = (digits: string): Uint8Array => fromBinary(digits)
const base = address('0')

interface Peer extends KadPeer {
  readonly name: string
}

function setup (options?: KademliaOptions) {
  const clock = new VirtualClock()
  const random = new SeededRandom(1)
  const table = new Kademlia<KadRecord, Peer>({ base, clock, random }, options)
  const peer = (digits: string, light = false): Peer => ({ overlay: address(digits), name: digits, light })
  const live = (...digits: string[]): Peer[] => digits.map(text => {
    const made = peer(text)
    table.on(made)
    return made
  })
  const register = (...digits: string[]) => table.register(digits.map(text => ({ overlay: address(text), underlays: ['tcp://127.0.0.1:1'] })))
  /** Whom the table suggests, one after another, as it is told that each is dialled. */
  const suggestions = (limit = 100): string[] => {
    const made: string[] = []
    for (let record = table.suggest(); record !== undefined && made.length < limit; record = table.suggest()) {
      made.push(name(record.overlay))
      table.dialled(record.overlay)
    }
    return made
  }
  return { clock, random, table, peer, live, register, suggestions }
}

const name = (overlay: Uint8Array): string => Array.from(overlay.subarray(0, 1), byte => byte.toString(2).padStart(8, '0')).join('')

describe('connections', () => {
  test('peers come in exact order of distance, with their proximity order', () => {
    const { table, live } = setup()
    live('1', '01', '0101', '11')
    expect(table.peers().map(([{ name }, po]) => [name, po])).toEqual([['01', 1], ['0101', 1], ['1', 0], ['11', 0]])
    expect(table.peers(address('0101')).map(([{ name }, po]) => [name, po])).toEqual([['0101', 256], ['01', 3], ['11', 0], ['1', 0]])
  })

  test('a second connection of a live address is refused, and its end never touches the first', () => {
    const { table, peer } = setup()
    const [first, second] = [peer('1'), peer('1')]
    expect(table.on(first)).toMatchObject({ accepted: true })
    expect(table.on(second)).toMatchObject({ accepted: false, code: 'DUPLICATE' })
    table.off(second)
    expect(table.peers()).toEqual([[first, 0]])
    table.off(first)
    table.off(first)
    expect(table.peers()).toEqual([])
  })

  test('our own address and addresses of another length are refused', () => {
    const { table, peer } = setup()
    expect(table.on(peer('0'))).toEqual({ accepted: false, code: 'SELF', depth: 0, changed: false })
    const short = { overlay: new Uint8Array(31).fill(1), name: 'short' }
    expect(table.on(short)).toMatchObject({ accepted: false, code: 'BAD_ADDRESS' })
    table.off(short)
    table.off(peer('0'))
    expect(table.register([{ overlay: base }, short, { overlay: address('1') }])).toEqual({
      added: 1,
      updated: 0,
      refused: [{ overlay: base, code: 'SELF' }, { overlay: short.overlay, code: 'BAD_ADDRESS' }]
    })
    expect(() => new Kademlia({ base: new Uint8Array(20), clock: new VirtualClock(), random: new SeededRandom(1) })).toThrow(RangeError)
  })

  test('light peers are connected and have no part in depth, suggestions and peers', () => {
    const { table, peer, register } = setup()
    register('01')
    const light = peer('01', true)
    expect(table.on(light)).toMatchObject({ accepted: true, changed: false })
    expect(table.on(peer('01'))).toMatchObject({ accepted: false, code: 'DUPLICATE' })
    expect(table.peers()).toEqual([])
    expect(table.lightPeers()).toEqual([light])
    expect(table.suggest()).toBeUndefined()
    expect(register('01').refused).toMatchObject([{ code: 'LIGHT' }])
    table.off(peer('01', true))
    expect(table.lightPeers()).toEqual([light])
    table.off(light)
    expect(table.lightPeers()).toEqual([])
    expect(register('01').added).toBe(1)
  })

  test('light peers that come and go are told of', async () => {
    const { table, peer, clock } = setup()
    let heard = 0
    table.onChange(() => heard++)
    const light = peer('01', true)
    table.on(light)
    await clock.settle()
    expect(heard).toBe(1)
    table.off(light)
    await clock.settle()
    expect(heard).toBe(2)
  })

  test('whoever subscribes while others are told has not missed anything', async () => {
    const { table, live, clock } = setup()
    let heard = 0
    const stop = table.onChange(() => {
      stop()
      later()
      table.onChange(() => heard++)
    })
    const later = table.onChange(() => heard++)
    live('1')
    await clock.settle()
    expect(heard).toBe(0)
    live('01')
    await clock.settle()
    expect(heard).toBe(1)
  })

  test('listeners hear once of all changes of a moment, and of depth only when it changed', async () => {
    const { table, live, clock, peer } = setup()
    const heard: unknown[] = []
    const stop = table.onChange(change => heard.push(change))
    live('1', '01', '001')
    expect(heard).toEqual([])
    await clock.settle()
    expect(heard).toEqual([{ peers: true, depth: true }])
    live('11')
    table.off(peer('0001'))
    await clock.settle()
    expect(heard.slice(1)).toEqual([{ peers: true, depth: false }])
    stop()
    stop()
    live('101')
    await clock.settle()
    expect(heard).toHaveLength(2)
    expect(clock.pending).toBe(0)
  })
})

describe('depth', () => {
  test('goes up and down with the peers', () => {
    const { table, peer } = setup()
    const peers = ['1', '01', '001', '0001'].map(digits => peer(digits))
    expect(peers.map(each => table.on(each))).toEqual([
      { accepted: true, depth: 0, changed: false },
      { accepted: true, depth: 0, changed: false },
      { accepted: true, depth: 1, changed: true },
      { accepted: true, depth: 2, changed: true }
    ])
    table.off(peers[1]!)
    expect(table.depth).toBe(1)
    table.off(peers[0]!)
    expect(table.depth).toBe(0)
  })
})

describe('suggestions', () => {
  test('a node that knows one peer dials it at once, and again after about a second', async () => {
    const { table, register, suggestions, clock } = setup()
    expect(table.suggest()).toBeUndefined()
    register('1')
    expect(suggestions()).toEqual(['10000000'])
    await clock.advance(849)
    expect(table.suggest()).toBeUndefined()
    await clock.advance(301)
    expect(suggestions()).toEqual(['10000000'])
  })

  test('asking does not change the answer', () => {
    const { table, register } = setup()
    register('1', '01')
    expect(table.suggest()).toBe(table.suggest())
  })

  test('waits double up to half a minute while alone, and up to five minutes for far peers', async () => {
    const waits = async (near: boolean): Promise<number[]> => {
      const { table, live, register, clock, suggestions } = setup({ retryJitter: 0 })
      if (!near) live('01', '001', '0001', '00001')
      register('1')
      const times: number[] = []
      while (times.length < 12) {
        if (suggestions(1).length > 0) times.push(clock.now())
        await clock.advance(100)
      }
      expect(table.peers()).toHaveLength(near ? 0 : 4)
      return times.slice(1).map((time, i) => (time - times[i]!) / 1_000)
    }
    expect(await waits(true)).toEqual([1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30])
  })

  test('nobody is suggested who is connected, without underlays or vetoed', () => {
    const { table, live, register, suggestions } = setup({ reachable: ({ overlay }) => overlay[0] !== 0b0100_0000 })
    live('1')
    register('1', '01')
    table.register([{ overlay: address('001'), underlays: [] }, { overlay: address('0001') }])
    expect(suggestions()).toEqual(['00010000'])
  })

  test('a connection that does not hold does not shorten the wait', async () => {
    const { table, peer, register, suggestions, clock } = setup({ retryJitter: 0 })
    register('1')
    const times: number[] = []
    while (times.length < 5) {
      if (suggestions(1).length > 0) {
        times.push(clock.now())
        const made = peer('1')
        table.on(made)
        await clock.advance(100)
        table.off(made)
      }
      await clock.advance(100)
    }
    expect(times.slice(1).map((time, i) => time - times[i]!)).toEqual([1_000, 2_000, 4_000, 8_000])
  })

  test('who was connected for long is dialled again at once', async () => {
    for (const [held, suggested] of [[9_999, []], [10_000, ['10000000']]] as const) {
      const { table, peer, register, suggestions, clock } = setup()
      register('1')
      for (let i = 0; i < 6; i++) table.dialled(address('1'))
      const made = peer('1')
      table.on(made)
      await clock.advance(held)
      table.off(made)
      expect(suggestions()).toEqual(suggested)
    }
  })

  test('an attempt fills its bin while it may succeed, for two seconds', async () => {
    const { table, live, register, suggestions, clock } = setup({ minBinSize: 2, retryJitter: 0 })
    live('1', '01', '011', '001', '0001')
    register('11', '111')
    // The third attempt makes it wait for four seconds.
    for (let i = 0; i < 3; i++) table.dialled(address('11'))
    expect(suggestions()).toEqual([])
    await clock.advance(1_999)
    expect(suggestions()).toEqual([])
    await clock.advance(1)
    expect(suggestions()).toEqual(['11100000'])
    await clock.advance(999)
    expect(suggestions()).toEqual([])
    await clock.advance(1)
    expect(suggestions()).toEqual(['11100000'])
  })

  test('beyond a bin that nobody could fill everybody is a neighbour', async () => {
    const { table, live, register, suggestions, clock } = setup({ minBinSize: 1, retryJitter: 0 })
    live('01', '001', '0001', '00001')
    register('1', '011', '0011')
    expect(suggestions()).toEqual(['10000000'])
    await clock.advance(1_000)
    expect(suggestions()).toEqual(['10000000'])
    await clock.advance(1_999)
    expect(suggestions()).toEqual([])
    // Twice in vain leaves hope, three times does not.
    await clock.advance(1)
    expect(suggestions()).toEqual(['10000000', '00110000', '01100000'])
    expect(table.depth).toBe(0)
  })

  test('an empty bin comes first, and one attempt for it is enough at a time', () => {
    const { live, register, suggestions } = setup()
    live('001', '0001', '00001')
    register('1', '11', '01', '011', '000001')
    expect(suggestions(3)).toEqual(['11000000', '00000100', '01100000'])
  })
})

describe('records', () => {
  test('the underlays of a known address are replaced', () => {
    const { table } = setup()
    const overlay = address('1')
    table.register([{ overlay, underlays: ['tcp://127.0.0.1:1'] }])
    expect(table.register([{ overlay, underlays: ['tcp://127.0.0.1:1'] }])).toEqual({ added: 0, updated: 0, refused: [] })
    expect(table.register([{ overlay, underlays: ['tcp://127.0.0.1:2'] }])).toEqual({ added: 0, updated: 1, refused: [] })
    expect(table.known()).toEqual([[{ overlay, underlays: ['tcp://127.0.0.1:2'] }, 0]])
  })

  test('forgotten addresses are gone, connected ones stay', () => {
    const { table, live, register } = setup()
    register('1', '01')
    live('01')
    table.forget(address('1'))
    table.forget(address('01'))
    table.forget(address('001'))
    table.forget(new Uint8Array(3))
    expect(table.known().map(([{ overlay }]) => name(overlay))).toEqual(['01000000'])
  })

  test('a bin holds so many addresses and no more, unless one was tried in vain', () => {
    const { table, random } = setup({ maxKnownPerBin: 3 })
    const records = Array.from({ length: 4 }, () => ({ overlay: randomAddressAt(random, base, 5) }))
    expect(table.register(records.slice(0, 2))).toMatchObject({ added: 2, refused: [] })
    expect(table.register(records)).toMatchObject({ added: 1, refused: [{ overlay: records[3]!.overlay, code: 'FULL' }] })
    table.dialled(records[1]!.overlay)
    expect(table.register(records.slice(3))).toMatchObject({ added: 1, refused: [] })
    expect(table.known().map(([record]) => record)).not.toContain(records[1])
    expect(table.bins()[5]).toEqual({ po: 5, connected: 0, known: 3 })
  })
})

describe('pruning', () => {
  test('takes the latest of an overfull bin and nobody of the neighbourhood', async () => {
    const { table, random, clock } = setup({ maxBinSize: 2 })
    const at = (po: number): Peer => ({ overlay: randomAddressAt(random, base, po), name: `${po}` })
    const far = [at(0), at(0), at(0), at(0)]
    for (const peer of far) {
      table.on(peer)
      await clock.advance(10)
    }
    for (const peer of [at(1), at(2), at(2), at(2), at(2)]) table.on(peer)
    expect(table.depth).toBe(2)
    expect(table.prune()).toEqual(far.slice(2))
  })
})

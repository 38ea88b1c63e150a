import { describe, expect, test } from 'vitest'
import { pair } from '@skep/conn-memory'
import { Hive, hiveSpec, type DialTarget, type HiveOptions } from '@skep/hive'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { decodeMessage, encodeMessage } from '@skep/wire'
import { ListTable } from './list-table.ts'
import { address, peer, record, wire, type TestPeer } from './make.ts'

function node (options: HiveOptions = {}, dial: (target: DialTarget, options: { signal: AbortSignal }) => Promise<void> = async () => {}) {
  const clock = new VirtualClock()
  const table = new ListTable<TestPeer>(address(0))
  const hive = new Hive<TestPeer>({ table, clock, random: new SeededRandom(1), dial }, options)
  return { clock, table, hive }
}

/** Reads what hive sends. */
async function next (source: AsyncIterator<Uint8Array>): Promise<ReturnType<typeof decodeMessage<typeof hiveSpec>>> {
  const { value } = await source.next()
  return decodeMessage(hiveSpec, value)
}

const outcome = (promise: Promise<unknown>): Promise<any> => promise.then(() => 'ended', error => error)

describe('hive', () => {
  test('talks hive/5 with a peer until the connection ends', async () => {
    const { hive, table, clock } = node()
    const other = peer(address(0x40))
    const [theirs] = pair()
    hive.join(other)
    const silent = outcome(hive.run(other, theirs))
    const a = peer(address(0x80))
    const [ours, remote] = pair()
    expect(hive.join(a)).toEqual({ accepted: true })
    const over = outcome(hive.run(a, ours))
    const source = remote.source[Symbol.asyncIterator]()
    expect(await next(source)).toEqual({ name: 'subPeersMsg', value: { Depth: 0 } })
    const sent = remote.sink([
      encodeMessage(hiveSpec, 'subPeersMsg', { Depth: 0 }),
      encodeMessage(hiveSpec, 'peersMsg', { Peers: [wire(record(address(0x20)))] })
    ])
    expect(await next(source)).toEqual({ name: 'peersMsg', value: { Peers: [wire(record(address(0x40)))] } })
    await sent
    await clock.settle()
    expect(table.known(address(0x20))[0]![0]).toEqual(record(address(0x20)))
    await remote.close()
    expect(await over).toBe('ended')
    hive.leave(a)
    theirs.abort(new Error('over'))
    expect(await silent).toMatchObject({ name: 'WireError' })
    await hive.stop()
    expect(clock.pending).toBe(0)
  })

  test.each<[string, Uint8Array, string]>([
    ['no message', Uint8Array.of(), 'WIRE_DECODE'],
    ['a code that hive has not', Uint8Array.of(2, 0xc3, 0x80, 0x80, 0x80), 'WIRE_INVALID_CODE'],
    ['a depth of two bytes', Uint8Array.of(1, 0xc7, 0x80, 0x04, 0x84, 0xc3, 0x82, 0x01, 0x00), 'WIRE_DECODE']
  ])('ends with a peer that sends %s', async (_, message, code) => {
    const { hive } = node()
    const a = peer(address(1))
    const [ours, remote] = pair()
    hive.join(a)
    const over = outcome(hive.run(a, ours))
    remote.sink([message]).catch(() => {})
    expect((await over).code).toBe(code)
  })

  test('ends with a peer that floods it', async () => {
    const { hive } = node({ messageBurst: 5 })
    const a = peer(address(1))
    const [ours, remote] = pair()
    hive.join(a)
    const over = outcome(hive.run(a, ours))
    remote.sink(Array.from({ length: 6 }, () => encodeMessage(hiveSpec, 'subPeersMsg', { Depth: 0 }))).catch(() => {})
    expect(await over).toMatchObject({ name: 'HiveError', code: 'HIVE_FLOOD' })
  })

  test('talks only with who joined, and once', async () => {
    const { hive } = node()
    const a = peer(address(1))
    expect(await outcome(hive.run(a, pair()[0]))).toMatchObject({ code: 'HIVE_NOT_JOINED' })
    hive.join(a)
    const [ours, remote] = pair()
    const over = outcome(hive.run(a, ours))
    expect(await outcome(hive.run(a, pair()[0]))).toMatchObject({ code: 'HIVE_NOT_JOINED' })
    await remote.close()
    await over
  })

  test('gives a dial up after ten seconds, whether it heeds that or not', async () => {
    for (const heeds of [true, false]) {
      let reason: any
      const { hive, clock, table } = node({ maxDials: 1 }, (_, { signal }) => new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reason ??= signal.reason
          if (heeds) reject(signal.reason as Error)
        })
      }))
      table.register([record(address(1))])
      await hive.start()
      await clock.advance(9_999)
      expect(reason).toBeUndefined()
      await clock.advance(1)
      expect(reason).toMatchObject({ code: 'HIVE_DIAL_TIMEOUT' })
      table.register([record(address(2))])
      await clock.advance(500)
      await hive.stop()
      expect(clock.pending).toBe(0)
    }
  })

  test('tries one underlay after another, each with its own time, and not longer than it may in all', async () => {
    const tried: [string, number][] = []
    const { hive, clock, table } = node({ dialTotalTimeout: 25_000 }, ({ overlay, underlays }) => {
      expect(overlay).toEqual(address(1))
      tried.push([underlays.join(), clock.now()])
      return underlays[0] === 'tcp://127.0.0.1:1' ? Promise.reject(new Error('refused')) : new Promise(() => {})
    })
    table.register([{ overlay: address(1), underlays: [1, 2, 3, 4, 5].map(port => `tcp://127.0.0.1:${port}`) }])
    const events: string[] = []
    hive.onEvent(event => events.push(event.type))
    await hive.start()
    await clock.advance(60_000)
    expect(tried).toEqual([['tcp://127.0.0.1:1', 0], ['tcp://127.0.0.1:2', 0], ['tcp://127.0.0.1:3', 10_000], ['tcp://127.0.0.1:4', 20_000]])
    expect(events).toEqual(['dialling', 'unreached'])
    await hive.stop()
    expect(clock.pending).toBe(0)
  })

  test('tries no other underlay once it has stopped', async () => {
    const tried: string[] = []
    const { hive, clock, table } = node({}, ({ underlays }, { signal }) => new Promise((_resolve, reject) => {
      tried.push(underlays.join())
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    }))
    table.register([{ overlay: address(1), underlays: ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2'] }])
    await hive.start()
    await clock.settle()
    await hive.stop()
    await clock.advance(60_000)
    expect(tried).toEqual(['tcp://127.0.0.1:1'])
    expect(clock.pending).toBe(0)
  })

  test('says what happens, and who is connected', () => {
    const { hive } = node({ maxLight: 1 })
    const events: unknown[] = []
    const off = hive.onEvent(event => events.push(event))
    const a = peer(address(1), { key: 'aa' })
    const light = peer(address(2), { light: true, record: { overlay: address(2), underlays: [] } })
    const other = peer(address(3), { light: true })
    const again = peer(address(1), { initiator: true })
    for (const each of [a, light, other, again]) hive.join(each)
    hive.leave(light)
    off()
    hive.leave(again)
    expect(events).toEqual([
      { type: 'joined', peer: a },
      { type: 'joined', peer: light },
      { type: 'refused', peer: other, code: 'TOO_MANY_PEERS' },
      { type: 'dropped', peer: a, code: 'ALREADY_CONNECTED' },
      { type: 'joined', peer: again },
      { type: 'left', peer: light }
    ])
    hive.join(a)
    expect(hive.peerInfo('aa')).toEqual({
      OAddr: `0x01${'00'.repeat(31)}`,
      UAddr: `0x${Buffer.from('tcp://127.0.0.1:2001').toString('hex')}`,
      underlays: ['tcp://127.0.0.1:2001'],
      light: false,
      initiator: false,
      isProven: false
    })
    expect(hive.peerInfo('bb')).toBeUndefined()
    expect(hive.nodeInfo()).toBe('[object Object]')
  })

  test('dials its bootstrap underlays and lets the connection join', async () => {
    const targets: DialTarget[] = []
    const made = node({}, async target => {
      targets.push(target)
      made.hive.join(peer(address(1), { initiator: true }))
    })
    made.hive.bootstrap(['tcp://127.0.0.1:1'])
    await made.hive.start()
    await made.clock.advance(60_000)
    expect(targets).toEqual([{ underlays: ['tcp://127.0.0.1:1'] }])
    expect(made.table.live.size).toBe(1)
    await made.hive.stop()
  })

  test('tells listeners of changes once, afterwards', async () => {
    const { hive, clock } = node()
    let heard = 0
    const off = hive.onChange(() => { heard++ })
    hive.join(peer(address(1)))
    const b = peer(address(2))
    hive.join(b)
    expect(heard).toBe(0)
    await clock.settle()
    expect(heard).toBe(1)
    off()
    hive.leave(b)
    await clock.settle()
    expect(heard).toBe(1)
  })

  test('takes nobody once it has stopped, and stops twice', async () => {
    const { hive, clock } = node()
    await hive.start()
    const abort = hive.stop()
    expect(hive.admit(true)).toBe(false)
    expect(hive.join(peer(address(1)))).toEqual({ accepted: false, code: 'QUITTING' })
    await abort
    await hive.stop()
    expect(clock.pending).toBe(0)
  })

  test('leaves who never joined alone', () => {
    const { hive, table } = node()
    const a = peer(address(1))
    hive.leave(a)
    hive.join(a)
    hive.leave(a)
    hive.leave(a)
    expect(table.live.size).toBe(0)
  })
})


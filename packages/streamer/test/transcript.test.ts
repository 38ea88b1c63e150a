import { specVectors, vectors } from '@skep/vectors'
import { describe, expect, test } from 'vitest'
import { Node, Shelf, text, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

const U64 = new Set(['From', 'To', 'Start', 'End'])
const BYTES = new Set(['Hashes', 'Want', 'Sig', 'Root', 'Addr', 'SData'])

function unhex (hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

function value (name: string, field: any): any {
  if (field === null) return undefined
  if (U64.has(name)) return BigInt(field)
  if (BYTES.has(name)) return unhex(field)
  return typeof field === 'object' ? Object.fromEntries(Object.entries(field).map(([key, inner]) => [key, value(key, inner)])) : field
}

/** A shelf that takes any body, and streams under another name. */
function anyBody (): Shelf {
  const shelf = new Shelf()
  shelf.checks = false
  return shelf
}

const recorded = vectors('transcript')

describe.skipIf(recorded === undefined)('a recorded session, in place of the node that was recorded', () => {
  test('everything that the other side says is taken, and every chunk of it is stored', async () => {
    const clock = new VirtualClock()
    const shelf = anyBody()
    const node = new Node(1, clock, shelf, {}, [shelf.type('SYNC')])
    node.streamer.onSubscriptionRequest(() => true)
    const other = new Scripted(node, 1, false)
    await clock.settle()
    const delivered = new Set<string>()
    let at = 0
    for (const { dir, protocol, name, fields, ms } of recorded.cases) {
      if (protocol !== 'stream' || dir !== 'recv') continue
      // What it asks of the recorded node depends on what that offered.
      if (name === 'WantedHashesMsg') continue
      await clock.advance(ms - at)
      at = ms
      const message = value('', fields)
      if (name === 'ChunkDeliveryMsg') delivered.add(text(message.Addr))
      other.say(name, message)
      await clock.settle()
      expect(other.over, `${name} at ${ms}`).toBe(false)
    }
    expect([...shelf.items.keys()].sort()).toEqual([...delivered].sort())
    // As the recorded node, but that what lies before the first live offer is history's end.
    const sent = (dir: string, name: string): any[] => recorded.cases.filter((one: any) => one.dir === dir && one.name === name).map(({ fields }: any) => value('', fields))
    const live = (messages: any[]): string[] => messages.filter(({ Stream }) => Stream.Live).map(({ Stream, From, To }) => `${Stream.Key} ${From} ${To}`).sort()
    expect(live(other.all('WantedHashesMsg'))).toEqual(live(sent('send', 'WantedHashesMsg')))
    const key = ({ Stream, History, Priority }: any): string => `${Stream.Name}|${Stream.Key}|${Stream.Live} ${History?.From} ${History?.To} ${Priority}`
    expect(other.all('SubscribeMsg').map(key).sort()).toEqual(sent('send', 'SubscribeMsg').map(key).sort())
    // Every chunk was wanted from one stream only, where the recorded node wanted some twice.
    const wants = other.all('WantedHashesMsg').reduce((sum, { Want }) => sum + [...Want].reduce((bits: number, byte: number) => bits + byte.toString(2).replaceAll('0', '').length, 0), 0)
    expect(wants).toBe(delivered.size)
  })
})

for (const [file, skipCheck] of [['transcript-retrieval-check', false], ['transcript-retrieval-skipcheck', true]] as const) {
  test(`retrieval ${skipCheck ? 'without' : 'with'} an offer goes as it was recorded`, async () => {
    const lines: any[] = specVectors(file).filter(({ code }: any) => code >= 19)
    const clock = new VirtualClock()
    const shelf = anyBody()
    for (const { dir, name, decoded } of lines) {
      if (dir === 'recv' && name.endsWith('ChunkDelivery')) shelf.add(unhex(decoded[0]), new Uint8Array(4_104))
    }
    const node = new Node(1, clock, shelf)
    node.streamer.onRequest(async (_peer, address) => shelf.items.get(text(address)))
    const requester = new Scripted(node, 1, false)
    const number = (hex: string): bigint => hex === '' ? 0n : BigInt(`0x${hex}`)
    for (const { dir, name, decoded } of lines) {
      if (dir === 'send') {
        const Stream = { Name: 'RETRIEVE_REQUEST', Key: '', Live: false }
        if (name.endsWith(' Subscribe')) requester.say('SubscribeMsg', { Stream, History: undefined, Priority: 3 })
        if (name.endsWith('RetrieveRequest')) requester.say('RetrieveRequestMsg', { Addr: unhex(decoded[0]), SkipCheck: decoded[1] === '01' })
        if (name.endsWith('WantedHashes')) requester.say('WantedHashesMsg', { Stream, Want: unhex(decoded[1]), From: number(decoded[2]), To: number(decoded[3]) })
      }
      await clock.settle()
    }
    expect(requester.over).toBe(false)
    const expected = lines.filter(({ dir }) => dir === 'recv').map(({ name, decoded }) => {
      if (name.endsWith('OfferedHashes')) return `offer ${number(decoded[1])} ${number(decoded[2])} ${decoded[3]}`
      return name.endsWith('ChunkDelivery') ? `delivery ${decoded[0]}` : name.replace('stream ', '')
    })
    const heard = requester.heard.map(({ name, value }) => {
      if (name === 'OfferedHashesMsg') return `offer ${value.From} ${value.To} ${text(value.Hashes)}`
      return name === 'ChunkDeliveryMsg' ? `delivery ${text(value.Addr)}` : name.replace('Msg', '')
    })
    expect(heard).toEqual(expected)
  })
}

import { streamSpec, type Source, type StreamType } from '@skep/streamer'
import { specVectors, vectors } from '@skep/vectors'
import { decodeMessage } from '@skep/wire'
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

/** The chunks of the recorded node: in bins, under the indices at which it offered them. */
class Bins {
  readonly bodies: ReadonlyMap<string, Uint8Array>
  readonly #bins = new Map<string, Map<number, Uint8Array>>()
  #wakers: (() => void)[] = []

  constructor (deliveries: readonly { readonly Addr: Uint8Array, readonly SData: Uint8Array }[]) {
    this.bodies = new Map(deliveries.map(({ Addr, SData }) => [text(Addr), SData]))
  }

  /** Stores what an offer names, unless it is here: the last under the index where the offer ends, the rest before it. */
  add ({ Stream, Hashes, To }: { readonly Stream: { readonly Key: string }, readonly Hashes: Uint8Array, readonly To: bigint }): void {
    const bin = this.#bins.get(Stream.Key) ?? new Map<number, Uint8Array>()
    this.#bins.set(Stream.Key, bin)
    let index = Number(To)
    for (let at = Hashes.length - 32; at >= 0; at -= 32) {
      const one = Hashes.slice(at, at + 32)
      if ([...bin.values()].some(each => text(each) === text(one))) continue
      while (bin.has(index)) index--
      bin.set(index--, one)
    }
    for (const wake of this.#wakers.splice(0)) wake()
  }

  type (): StreamType {
    return {
      name: 'SYNC',
      source: (_, key) => this.#source(key),
      sink: () => ({ need: async all => all.map(one => !this.bodies.has(text(one))), put: async () => { throw new Error('nothing was wanted') }, close () {} })
    }
  }

  #source (key: string): Source {
    const last = (): number => Math.max(0, ...this.#bins.get(key)?.keys() ?? [])
    return {
      cursor: async () => ({ epoch: 'one', last: last() }),
      batch: async (from, to, { signal }) => {
        while (to === undefined && last() < from) {
          await new Promise<void>(resolve => {
            const wake = (): void => { signal.removeEventListener('abort', wake); resolve() }
            this.#wakers.push(wake)
            signal.addEventListener('abort', wake)
          })
          signal.throwIfAborted()
        }
        const end = to ?? last()
        const found = [...this.#bins.get(key) ?? []].filter(([index]) => index >= from && index <= end).sort(([a], [b]) => a - b)
        return { from, to: end, ids: found.map(([, one]) => one) }
      },
      read: async all => all.map(one => this.bodies.get(text(one))),
      close () {}
    }
  }
}

/** A message of the two nodes: one holds chunks, the other comes with none. */
interface Line { readonly ms: number, readonly isHolder: boolean, readonly name: any, readonly message: any }

/** The first set's, as the node without chunks saw it. */
function first (): Line[] | undefined {
  return vectors('transcript')?.cases.filter(({ protocol }: any) => protocol === 'stream')
    .map(({ ms, dir, name, fields }: any) => ({ ms, isHolder: dir === 'recv', name, message: value('', fields) }))
}

/** Milliseconds in which whatever is to be offered is. */
const COLLECTED = 100

/** Code of the first message of stream/5 beside bzz/6 and hive/5. */
const STREAM = 19

/** The second set's, as the node without chunks saw it too; bodies are cut in it, and stand here for others of their size. */
function second (): Line[] {
  return specVectors('transcript-two-nodes').filter(({ code }: any) => code >= STREAM).map(({ ms, dir, code, payload, decoded }: any) => {
    const { name, value } = payload.includes('…')
      ? { name: 'ChunkDeliveryMsg', value: { Addr: unhex(decoded[0]), SData: new Uint8Array(4_104) } }
      : decodeMessage(streamSpec, Uint8Array.of(code - STREAM, ...unhex(payload)))
    return { ms, isHolder: dir === 'recv', name, message: value }
  })
}

const recordings: [string, Line[] | undefined][] = [['first', first()], ['second', second()]]

const named = (lines: Line[], isHolder: boolean, name: string): any[] => lines.filter(line => line.isHolder === isHolder && line.name === name).map(({ message }) => message)
const asked = ({ Stream, History, Priority }: any): string => `${Stream.Name}|${Stream.Key}|${Stream.Live} ${History?.From} ${History?.To} ${Priority}`
const half = ({ Stream }: any): string => `${Stream.Key}|${Stream.Live}`
const bits = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
/** Which bins' offers name which chunks. */
const inBins = (offers: any[]): string[] => [...new Set(offers.flatMap(({ Stream, Hashes }) => ids(Hashes).map(one => `${Stream.Key} ${one}`)))].sort()
const ids = (hashes: Uint8Array): string[] => Array.from({ length: hashes.length / 32 }, (_, i) => text(hashes.subarray(32 * i, 32 * i + 32)))

for (const [which, lines] of recordings) {
  describe.skipIf(lines === undefined)(`the ${which} recorded session`, () => {
    test('in place of the node without chunks: everything that the other says is taken, and every chunk of it is stored', async () => {
      const clock = new VirtualClock()
      const shelf = anyBody()
      const node = new Node(1, clock, shelf, {}, [shelf.type('SYNC')])
      node.streamer.onSubscriptionRequest(() => true)
      const other = new Scripted(node, 1, false)
      await clock.settle()
      const bodies = new Map<string, Uint8Array>()
      const open = new Set<string>()
      let offered: any
      other.on = (name, { Want }) => {
        if (name === 'WantedHashesMsg') ids(offered.Hashes).filter((_, i) => Want[i >> 3] >> (i & 7) & 1).forEach(one => open.add(one))
      }
      let at = 0
      for (const { ms, isHolder, name, message } of lines!) {
        // What it asks of the recorded node depends on what that offered.
        if (!isHolder || name === 'WantedHashesMsg') continue
        await clock.advance(ms - at)
        at = ms
        if (name === 'OfferedHashesMsg') offered = message
        if (name === 'ChunkDeliveryMsg') {
          bodies.set(text(message.Addr), message.SData)
          open.delete(text(message.Addr))
        }
        other.say(name, message)
        await clock.settle()
        expect(other.over, `${name} at ${ms}`).toBe(false)
      }
      // Where this node wanted from live what the recorded one had wanted from history, its delivery came too early.
      for (const one of open) other.say('ChunkDeliveryMsg', { Addr: unhex(one), SData: bodies.get(one)! })
      await clock.settle()
      expect(other.over).toBe(false)
      expect([...shelf.items.keys()].sort()).toEqual([...bodies.keys()].sort())
      // As the recorded node, but that what lies before the first live offer is history's end.
      const live = (messages: any[]): string[] => messages.filter(({ Stream }) => Stream.Live).map(({ Stream, From, To }) => `${Stream.Key} ${From} ${To}`).sort()
      expect(live(other.all('WantedHashesMsg'))).toEqual(live(named(lines!, false, 'WantedHashesMsg')))
      expect(other.all('SubscribeMsg').map(asked).sort()).toEqual(named(lines!, false, 'SubscribeMsg').map(asked).sort())
      // Every chunk was wanted from one stream only, where the recorded node wanted some twice.
      expect(other.all('WantedHashesMsg').reduce((sum, { Want }) => sum + bits(Want), 0)).toBe(bodies.size)
    })

    // The law: a request to subscribe is followed by the subscription, a subscription by offers of
    // all that its bin has, in the one half or the other, an offer by one answer, and what was
    // wanted of an offer, and nothing else, by its deliveries.
    test('in place of the node with the chunks: everything that the other says gets an answer that the original allows', async () => {
      const clock = new VirtualClock()
      const shelf = new Bins(named(lines!, true, 'ChunkDeliveryMsg'))
      const node = new Node(1, clock, undefined, {}, [shelf.type()])
      node.streamer.onSubscriptionRequest(() => true)
      const other = new Scripted(node, 1, false)
      await clock.settle()
      const began = lines!.find(({ isHolder, name, message }) => !isHolder && name === 'SubscribeMsg' && message.Stream.Name === 'SYNC')!.ms
      const offers = lines!.filter(({ isHolder, name }) => isHolder && name === 'OfferedHashesMsg')
      for (const { ms, message } of offers) if (ms < began + 1_000) shelf.add(message)
      // What it wants of an offer, and where it goes on after it, it says as the recorded node did of the like.
      const missing = new Set<string>()
      for (const [at, { isHolder, name, message }] of lines!.entries()) {
        if (isHolder || name !== 'WantedHashesMsg') continue
        const offer = lines!.slice(0, at).filter(line => line.isHolder && line.name === 'OfferedHashesMsg' && half(line.message) === half(message) && line.message.To + 1n === message.From).at(-1)!.message
        expect(message.To).toBe(message.Stream.Live ? 0n : 2n ** 64n - 1n)
        for (const [i, one] of ids(offer.Hashes).entries()) if (message.Want[i >> 3] >> (i & 7) & 1) missing.add(one)
      }
      const all = [...missing]
      other.on = (name, { Stream, To, Hashes }) => {
        if (name !== 'OfferedHashesMsg') return
        const Want = new Uint8Array(Math.ceil(Hashes.length / 256))
        for (const [i, one] of ids(Hashes).entries()) if (missing.delete(one)) Want[i >> 3]! |= 1 << (i & 7)
        other.say('WantedHashesMsg', { Stream, Want, From: To + 1n, To: Stream.Live ? 0n : 2n ** 64n - 1n })
      }
      let at = 0
      for (const { ms, isHolder, name, message } of lines!) {
        await clock.advance(Math.max(0, ms - at))
        at = Math.max(at, ms)
        if (isHolder) {
          // What made the recorded node speak by itself.
          if (name === 'RequestSubscriptionMsg') node.streamer.requestSubscription(other.peer, message.Stream.Name, message.Stream.Key)
          if (name === 'OfferedHashesMsg') {
            shelf.add(message)
            // Offers are collected for a moment here; the other must have heard of a chunk before it offers it itself.
            await clock.advance(COLLECTED)
            at += COLLECTED
          }
        } else if (name !== 'WantedHashesMsg') {
          other.say(name, message)
        }
        await clock.settle()
        expect(other.over, `${name} at ${ms}`).toBe(false)
      }
      await clock.advance(5_000)
      expect(other.over).toBe(false)
      for (const name of ['SubscribeMsg', 'RequestSubscriptionMsg']) expect(other.all(name).map(asked).sort()).toEqual(named(lines!, true, name).map(asked).sort())
      expect(inBins(other.all('OfferedHashesMsg'))).toEqual(inBins(named(lines!, true, 'OfferedHashesMsg')))
      expect(all.length).toBeGreaterThan(0)
      const deliveries = other.all('ChunkDeliveryMsg')
      expect(deliveries.map(({ Addr }) => text(Addr)).sort()).toEqual(all.sort())
      for (const { Addr, SData } of deliveries) expect(text(SData)).toBe(text(shelf.bodies.get(text(Addr))!))
      // What the other offers is here already, and nothing of it is wanted. Each offer has its answer, but for those of a half that this node had left by then.
      const answers = other.all('WantedHashesMsg')
      const left = other.all('UnsubscribeMsg').map(half)
      const offered = named(lines!, false, 'OfferedHashesMsg')
      for (const one of new Set(offered.map(half))) {
        const counts = [answers, offered].map(messages => messages.filter(each => half(each) === one).length)
        if (left.includes(one)) expect(counts[0], one).toBeGreaterThan(0)
        else expect(counts[0], one).toBe(counts[1])
      }
      expect(left.every(one => one.endsWith('|false'))).toBe(true)
      expect(answers.every(({ Want }) => bits(Want) === 0)).toBe(true)
    })
  })
}

for (const [file, skipCheck] of [['transcript-retrieval-check', false], ['transcript-retrieval-skipcheck', true]] as const) {
  test(`retrieval ${skipCheck ? 'without' : 'with'} an offer goes as it was recorded`, async () => {
    const lines: any[] = specVectors(file).filter(({ code }: any) => code >= STREAM)
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

for (const [file, skipCheck] of [['transcript-retrieval-check', false], ['transcript-retrieval-skipcheck', true]] as const) {
  // The law: every request asks for the body at once, so that no offer is needed; one that comes all the same has its one answer, of
  // nothing, so that no body comes twice. What is delivered is taken, and an address that nobody delivers is given up. Nothing of it ends
  // the conversation.
  test(`retrieval ${skipCheck ? 'without' : 'with'} an offer goes as it was recorded, in place of the requester`, async () => {
    const lines: any[] = specVectors(file).filter(({ code }: any) => code >= STREAM)
    const clock = new VirtualClock()
    const node = new Node(1, clock)
    const answerer = new Scripted(node, 1, false)
    const fetched: Promise<string>[] = []
    let at = 0
    for (const { ms, dir, name, decoded, code, payload } of lines) {
      await clock.advance(ms - at)
      at = ms
      if (dir === 'send' && name.endsWith('RetrieveRequest')) {
        const id = unhex(decoded[0])
        fetched.push(node.streamer.fetch(id, { candidates: [answerer.peer], accept: () => true }).then(body => `${decoded[0]} ${body.length}`, (error: any) => error.code))
      } else if (dir === 'recv') {
        if (name.endsWith('ChunkDelivery')) answerer.say('ChunkDeliveryMsg', { Addr: unhex(decoded[0]), SData: new Uint8Array(4_104) })
        else {
          const message = decodeMessage(streamSpec, Uint8Array.of(code - STREAM, ...unhex(payload)))
          answerer.say(message.name, message.value as never)
        }
      }
      await clock.settle()
      expect(answerer.over, `${name} at ${ms}`).toBe(false)
    }
    await clock.advance(120_000)
    const outcomes = await Promise.all(fetched)
    const deliveries = lines.filter(({ dir, name }) => dir === 'recv' && name.endsWith('ChunkDelivery')).map(({ decoded }) => `${decoded[0]} 4104`)
    expect(outcomes.filter(outcome => outcome.endsWith(' 4104'))).toEqual(deliveries)
    expect(new Set(outcomes.filter(outcome => !outcome.endsWith(' 4104')))).toEqual(new Set(outcomes.length > deliveries.length ? ['STREAMER_NOT_FOUND'] : []))
    const said = (name: string): any[] => lines.filter(line => line.dir === 'send' && line.name === `stream ${name}`)
    expect(answerer.all('RetrieveRequestMsg').map(({ Addr, SkipCheck }) => [text(Addr), SkipCheck])).toEqual(said('RetrieveRequest').map(({ decoded }) => [decoded[0], true]))
    expect(answerer.all('SubscribeMsg').map(asked)).toEqual(['RETRIEVE_REQUEST||false undefined undefined 3'])
    expect(answerer.all('WantedHashesMsg').map(({ Want }) => bits(Want))).toEqual(said('WantedHashes').map(() => 0))
  })
}

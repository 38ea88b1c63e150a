import type { Sink, Source, StreamType } from '@skep/streamer'
import { testStreamType, type StreamTypeSubject } from '@skep/streamer/compliance'
import { describe, expect, test } from 'vitest'

/** What a log may do wrong. */
type Fault =
  | 'cursor counts from 1' | 'epoch changes' | 'short ids' | 'same ids' | 'skips with a small limit' | 'more than the limit'
  | 'bounded waits' | 'open does not wait' | 'no wake' | 'ignores the signal' | 'reads in the order of the index' | 'a body for nothing'
  | 'says what is to come' | 'says some of it' | 'says less'
  | 'tells at once' | 'tells nobody' | 'tells early' | 'tells for ever' | 'tells who left' | 'all or nothing' | 'takes all' | 'one answer'
  | 'needs everything' | 'needs nothing' | 'forgets' | 'only in order' | 'one at a time' | 'believes' | 'keeps wrong bodies' | 'one epoch for all' | 'serves a peer once'
  | 'ends with its ids' | 'ends where asked' | 'looks beyond the end' | 'begins at the item' | 'waits in a hole' | 'fills holes' | 'claims what is to come'
  | 'tidies up' | 'rolls back' | 'batches only in order' | 'invalid is here' | 'late is here' | 'waits for what is late' | 'first sink puts'

/** Lines that are only ever added; an id is the line's number and a sum of it. */
class Log implements StreamTypeSubject {
  /** Nothing where an index has no line. */
  readonly lines: (string | undefined)[] = []
  readonly disk = new Map<string, string>()
  readonly fault: Fault | undefined
  /** Whether indices at the end that hold nothing count. */
  countsHoles = true
  epoch = 1
  appended = 0
  putting = 0
  readonly served = new Set<string>()
  /** What was put and is of no batch that is done yet. */
  loose = new Set<string>()
  batches = 0
  /** The sink that was asked first, until it is closed. */
  first: Sink | undefined
  #wake: (() => void)[] = []
  #more: (() => void)[] = []

  constructor (fault?: Fault) {
    this.fault = fault
  }

  get server (): StreamType {
    return {
      name: 'LOG',
      source: ({ key }) => {
        if (this.fault === 'serves a peer once' && key !== 'nobody' && this.served.has(key)) return undefined
        this.served.add(key)
        return this.source()
      }
    }
  }

  get client (): StreamType {
    return { name: 'LOG', sink: () => this.sink(this.disk) }
  }

  append (): void {
    this.lines.push(`line ${++this.appended} of epoch ${this.epoch}`)
    if (this.fault !== 'no wake') for (const wake of [...this.#wake.splice(0), ...this.#more.splice(0)]) wake()
  }

  skip (n: number): void {
    for (let i = 0; i < n; i++) this.lines.push(undefined)
  }

  reopen (): StreamType {
    const disk = this.fault === 'forgets' ? new Map<string, string>() : this.disk
    if (this.fault === 'rolls back' && this.batches > 0) for (const id of this.loose) disk.delete(id)
    this.loose = new Set()
    this.first = undefined
    return { name: 'LOG', sink: () => this.sink(disk) }
  }

  wipe (): void {
    this.lines.length = 0
    if (this.fault !== 'one epoch for all') this.epoch++
  }

  source (): Source {
    const { fault, lines } = this
    const end = (): number => this.countsHoles ? lines.length : lines.reduce((last, line, i) => (line === undefined ? last : i + 1), 0)
    return {
      cursor: async () => ({ epoch: `epoch ${fault === 'epoch changes' ? lines.length : this.epoch}`, last: end() + (fault === 'cursor counts from 1' ? 1 : 0) }),
      batch: async (from, to, { limit, signal }) => {
        const waits = (): boolean => {
          if (fault === 'bounded waits') return !signal.aborted
          if (fault === 'waits in a hole' && from <= lines.length) return lines.slice(from - 1, to).every(line => line === undefined)
          if (fault === 'claims what is to come' || fault === 'cursor counts from 1') return to === undefined && from > end()
          return from > end() && !(fault === 'open does not wait' && to === undefined)
        }
        while (waits()) {
          await new Promise<void>(resolve => {
            this.#wake.push(resolve)
            if (fault !== 'ignores the signal') signal.addEventListener('abort', () => resolve())
          })
          signal.throwIfAborted()
        }
        const last = Math.max(from, Math.min(to ?? Infinity, end(), from + limit - 1 + (fault === 'more than the limit' ? 1 : 0)))
        const placed = lines.flatMap((line, i) => (line === undefined && fault !== 'fills holes' ? [] : [{ index: i + 1, line: line ?? '' }])).filter(({ index }) => index >= from)
        const found = fault === 'looks beyond the end' ? placed.slice(0, limit) : placed.filter(({ index }) => index <= last)
        const ids = found.map(({ index, line }) => idOf(fault === 'same ids' ? 1 : index, fault === 'same ids' ? '' : line))
        const answer = { ids, from, to: last }
        // As if every index had its line.
        if (fault === 'ends with its ids') answer.to = Math.max(from, from + ids.length - 1)
        if (fault === 'ends where asked' && ids.length < limit) answer.to = to ?? last
        if (fault === 'begins at the item') answer.from = found[0]?.index ?? from
        if (fault === 'skips with a small limit' && limit < 4) ids.shift()
        return fault === 'short ids' ? { ...answer, ids: ids.map(id => id.subarray(0, 31)) } : answer
      },
      read: async ids => {
        const bodies = ids.map(id => lines.find((line, i) => line !== undefined && key(idOf(i + 1, line)) === key(id)))
        if (fault === 'reads in the order of the index') bodies.sort()
        return bodies.map(line => line === undefined ? (fault === 'a body for nothing' ? new Uint8Array(1) : undefined) : new TextEncoder().encode(line))
      },
      onMore: (from, more) => {
        const reached = (): boolean => end() >= (fault === 'tells early' ? Math.min(from, end()) : from)
        let over = false
        const look = (): void => {
          if (over) return
          if (fault !== 'tells at once' && !reached()) return void this.#more.push(look)
          over = fault !== 'tells for ever'
          more()
          if (!over) this.#more.push(look)
        }
        if (fault === 'tells early') this.#more.push(look)
        else if (fault !== 'tells nobody') look()
        return () => { if (fault !== 'tells who left') over = true }
      },
      peek: from => {
        if (from > end() && fault !== 'says what is to come') return undefined
        const ids = lines.flatMap((line, i) => (line === undefined || i + 1 < from ? [] : [idOf(i + 1, line)]))
        if (fault === 'says some of it') ids.shift()
        return { from, to: Math.max(from, end() - (fault === 'says less' && end() > from ? 1 : 0)), ids }
      },
      close () {}
    }
  }

  sink (disk: Map<string, string>): Sink {
    const { fault } = this
    const loose = new Set<string>()
    const late = new Set<string>()
    let furthest = 0
    const sink: Sink = {
      need: async ids => {
        this.first ??= sink
        if (fault === 'needs everything' || fault === 'needs nothing') return ids.map(() => fault === 'needs everything')
        return ids.map(id => !disk.has(key(id)) && !(fault === 'waits for what is late' && late.has(key(id))))
      },
      put: async (id, data) => {
        const line = new TextDecoder().decode(data)
        if (fault === 'first sink puts' && this.first !== sink) return
        if (fault === 'one at a time' && this.putting > 0) return
        this.putting++
        await Promise.resolve()
        this.putting--
        if (fault === 'only in order' && number(id) !== disk.size + 1) return
        if (fault === 'keeps wrong bodies') disk.set(key(id), line)
        if (fault !== 'believes' && key(idOf(number(id), line)) !== key(id)) throw new Error('not what its id says')
        disk.set(key(id), line)
        loose.add(key(id))
        this.loose.add(key(id))
      },
      async putMany (items, options) {
        if (fault === 'takes all') for (const { id, data } of items) disk.set(key(id), new TextDecoder().decode(data))
        const answers: (Error | undefined)[] = []
        for (const { id, data } of items) answers.push(await this.put(id, data, options).then(() => undefined, error => error as Error))
        if (fault === 'all or nothing' && answers.some(Boolean)) for (const { id } of items) disk.delete(key(id))
        return fault === 'one answer' ? answers.slice(0, 1) : answers
      },
      done: async ({ from, ids, outcomes }) => {
        this.batches++
        for (const [i, id] of ids.entries()) {
          loose.delete(key(id))
          this.loose.delete(key(id))
          if (outcomes[i] === 'late') late.add(key(id))
          if (`${outcomes[i]!} is here` === fault) disk.set(key(id), '')
          if (fault === 'batches only in order' && from < furthest) disk.delete(key(id))
        }
        furthest = Math.max(furthest, from)
      },
      close: () => {
        if (fault === 'tidies up') for (const id of loose) disk.delete(id)
        if (this.first === sink) this.first = undefined
      }
    }
    return sink
  }
}

function idOf (n: number, line: string): Uint8Array {
  const id = new Uint8Array(32)
  let sum = 7
  for (let i = 0; i < line.length; i++) sum = Math.imul(sum, 31) + line.charCodeAt(i) | 0
  const view = new DataView(id.buffer)
  view.setUint32(0, n)
  view.setInt32(4, sum)
  return id
}

function number (id: Uint8Array): number {
  return new DataView(id.buffer, id.byteOffset).getUint32(0)
}

function key (id: Uint8Array): string {
  return Buffer.from(id).toString('hex')
}

const settle = async (): Promise<void> => { await new Promise<void>(resolve => setImmediate(resolve)) }

testStreamType({ test, make: () => new Log(), settle })

/** How many laws are about the halves by themselves. */
const HALVES = 17

/** The laws that a type breaks. */
async function broken (make: () => StreamTypeSubject): Promise<string[]> {
  const laws: [string, () => Promise<void>][] = []
  testStreamType({ test: (name, law) => laws.push([name.replace('stream type: ', ''), law]), make, settle })
  const found: string[] = []
  for (const [name, law] of laws.slice(0, HALVES)) await law().catch(() => found.push(name))
  return found
}

/** For the laws between two nodes, one fault at a time: they take longer. */
async function breaks (fault: Fault, part: string): Promise<boolean> {
  let result: boolean | undefined
  const laws: (() => Promise<void>)[] = []
  testStreamType({ test: (name, law) => name.includes(part) && laws.push(law), make: () => new Log(fault), settle })
  for (const law of laws) await law().then(() => { result ??= false }, () => { result = true })
  if (result === undefined) throw new Error(`no law is about ${part}`)
  return result
}

describe('every law fails a type that breaks it', () => {
  const halves: Record<string, Fault[]> = {
    'the cursor is 0 while there is nothing, then counts up, in one epoch': ['cursor counts from 1', 'epoch changes'],
    'ids are 32 bytes, and each names one item': ['short ids', 'same ids'],
    'batches tile the stream, however few ids are asked for at a time': ['skips with a small limit', 'more than the limit'],
    'batches tile a stream with holes, and claim nothing that they do not name': ['ends with its ids', 'ends where asked', 'looks beyond the end', 'begins at the item', 'waits in a hole', 'fills holes'],
    'a batch claims nothing of what is still to come, after a hole neither': ['claims what is to come', 'ends where asked'],
    'a bounded batch does not wait': ['bounded waits'],
    'an open batch waits for the next item, and brings it': ['open does not wait', 'no wake'],
    'a batch that waits ends when it is not wanted any more': ['ignores the signal'],
    'who asks to hear of more hears of it once, unless it takes that back': ['tells at once', 'tells nobody', 'tells early', 'tells for ever', 'tells who left'],
    'what is said at once is what a batch would say, all of it': ['says what is to come', 'says some of it', 'says less'],
    'bodies are read in the order of the ids, and what is not there is undefined': ['reads in the order of the index', 'a body for nothing'],
    'what is absent is needed, and what was put is not': ['needs everything', 'needs nothing'],
    'what was put is durable': ['forgets'],
    'items may come in any order, and twice': ['only in order'],
    'many items may be put at once': ['one at a time'],
    'items that are put together end as each would alone': ['all or nothing', 'takes all', 'one answer'],
    'a body that is not what its id says is refused, and not kept': ['believes', 'keeps wrong bodies']
  }
  for (const [law, faults] of Object.entries(halves)) {
    for (const fault of faults) {
      // A source that waits where it must not would hold up the laws that only walk.
      if (fault === 'bounded waits') continue
      test(`${law}: ${fault}`, async () => {
        expect(await broken(() => new Log(fault))).toContain(law)
      })
    }
  }

  test('holes at the end of a stream count or do not', async () => {
    expect(await broken(() => Object.assign(new Log(), { countsHoles: false }))).toEqual([])
  })

  test('a stream that cannot have holes need not be right about them', async () => {
    const dense = (): StreamTypeSubject => {
      const log = new Log('ends with its ids')
      return { server: log.server, client: log.client, append: () => { log.append() }, reopen: () => log.reopen() }
    }
    expect(await broken(dense)).toEqual([])
  })

  test('a bounded batch does not wait: bounded waits', async () => {
    expect(await breaks('bounded waits', 'a bounded batch does not wait')).toBe(true)
  })

  const holes = 'a stream with holes arrives, as history and as it grows, and nothing of it is offered again'
  const between: [fault: Fault, ...laws: string[]][] = [
    ['waits in a hole', holes],
    ['no wake', 'history and what comes later arrive, each item once', holes, 'a peer that is slow all the time gives everything, later'],
    ['tidies up', 'after a cut at any message of skep-stream/1 nothing is left, it goes on where it was, and nothing stored comes again'],
    ['forgets', holes, 'after the end of the process at any message of stream/5 it goes on, and nothing stored comes again'],
    ['rolls back', 'after the end of the process at any message of skep-stream/1 it goes on, and nothing stored comes again'],
    ['serves a peer once', ...['stream/5', 'skep-stream/1'].map(name => `a subscription that ends at any message of ${name} leaves nothing behind, and may begin again`)],
    [
      'batches only in order',
      holes,
      'deliveries of several batches, of history and of what is new, come in any order',
      'who lies is not believed, and the right body is taken from another',
      'an id that nobody has is asked for in vain, and everything else arrives',
      'what a peer is too slow for is asked for again'
    ],
    ['believes', 'who lies is not believed, and the right body is taken from another'],
    ['invalid is here', 'who lies is not believed, and the right body is taken from another'],
    ['late is here', 'an id that nobody has is asked for in vain, and everything else arrives', 'what a peer is too slow for is asked for again'],
    ['waits for what is late', 'what a peer is too slow for is asked for again'],
    ['first sink puts', 'who lies is not believed, and the right body is taken from another', 'what a slow peer has is taken from another, once'],
    ['one epoch for all', 'a stream that was wiped is followed afresh']
  ]
  for (const [fault, ...broken] of between) {
    test(`between two nodes: ${fault}`, async () => {
      const laws: [string, () => Promise<void>][] = []
      testStreamType({ test: (name, law) => laws.push([name.replace('stream type: ', ''), law]), make: () => new Log(fault), settle })
      const found: string[] = []
      for (const [name, law] of laws.slice(HALVES)) {
        // Those take longest: only of those that they break it is seen to.
        if (broken.includes(name) || !/at any message|history and what/.test(name)) await law().catch(() => found.push(name))
      }
      expect(found).toEqual(broken)
    })
  }

  // What goes wrong there a type alone can hardly do; that they see anything is shown all the same.
  for (const law of [
    'after a cut at any message of skep-stream/1', 'after the end of the process at any message of skep-stream/1',
    'messages that come twice', 'an offer that cannot be'
  ]) {
    test(`${law}: needs everything`, async () => {
      expect(await breaks('needs everything', law)).toBe(true)
    })
  }
})

import type { Sink, Source, StreamType } from '@skep/streamer'
import { testStreamType, type StreamTypeSubject } from '@skep/streamer/compliance'
import { describe, expect, test } from 'vitest'

/** What a log may do wrong. */
type Fault =
  | 'cursor counts from 1' | 'epoch changes' | 'short ids' | 'same ids' | 'skips with a small limit' | 'more than the limit'
  | 'bounded waits' | 'open does not wait' | 'no wake' | 'ignores the signal' | 'reads in the order of the index' | 'a body for nothing'
  | 'tells at once' | 'tells nobody' | 'tells early' | 'tells for ever' | 'tells who left' | 'all or nothing' | 'takes all' | 'one answer'
  | 'needs everything' | 'needs nothing' | 'forgets' | 'only in order' | 'one at a time' | 'believes' | 'keeps wrong bodies' | 'one epoch for all' | 'opens once'

/** Lines that are only ever added; an id is the line's number and a sum of it. */
class Log implements StreamTypeSubject {
  readonly lines: string[] = []
  readonly disk = new Map<string, string>()
  readonly fault: Fault | undefined
  epoch = 1
  appended = 0
  putting = 0
  opened = 0
  #wake: (() => void)[] = []
  #more: (() => void)[] = []

  constructor (fault?: Fault) {
    this.fault = fault
  }

  get server (): StreamType {
    return { name: 'LOG', source: () => this.fault === 'opens once' && this.opened++ > 0 ? undefined : this.source() }
  }

  get client (): StreamType {
    return { name: 'LOG', sink: () => this.sink(this.disk) }
  }

  append (): void {
    this.lines.push(`line ${++this.appended} of epoch ${this.epoch}`)
    if (this.fault !== 'no wake') for (const wake of [...this.#wake.splice(0), ...this.#more.splice(0)]) wake()
  }

  reopen (): StreamType {
    const disk = this.fault === 'forgets' ? new Map<string, string>() : this.disk
    return { name: 'LOG', sink: () => this.sink(disk) }
  }

  wipe (): void {
    this.lines.length = 0
    if (this.fault !== 'one epoch for all') this.epoch++
  }

  source (): Source {
    const { fault, lines } = this
    return {
      cursor: async () => ({ epoch: `epoch ${fault === 'epoch changes' ? lines.length : this.epoch}`, last: lines.length + (fault === 'cursor counts from 1' ? 1 : 0) }),
      batch: async (from, to, { limit, signal }) => {
        const waits = (): boolean => fault === 'bounded waits' ? !signal.aborted : to === undefined && from > lines.length && fault !== 'open does not wait'
        while (waits()) {
          await new Promise<void>(resolve => {
            this.#wake.push(resolve)
            if (fault !== 'ignores the signal') signal.addEventListener('abort', () => resolve())
          })
          signal.throwIfAborted()
        }
        const last = Math.max(from, Math.min(to ?? Infinity, lines.length, from + limit - 1 + (fault === 'more than the limit' ? 1 : 0)))
        const ids = lines.slice(from - 1, last).map((line, i) => idOf(fault === 'same ids' ? 1 : from + i, fault === 'same ids' ? '' : line))
        if (fault === 'skips with a small limit' && limit < 4) ids.shift()
        return { from, to: last, ids: fault === 'short ids' ? ids.map(id => id.subarray(0, 31)) : ids }
      },
      read: async ids => {
        const bodies = ids.map(id => lines.find((line, i) => key(idOf(i + 1, line)) === key(id)))
        if (fault === 'reads in the order of the index') bodies.sort()
        return bodies.map(line => line === undefined ? (fault === 'a body for nothing' ? new Uint8Array(1) : undefined) : new TextEncoder().encode(line))
      },
      onMore: (from, more) => {
        const reached = (): boolean => lines.length >= (fault === 'tells early' ? Math.min(from, lines.length) : from)
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
      close () {}
    }
  }

  sink (disk: Map<string, string>): Sink {
    const { fault } = this
    return {
      need: async ids => ids.map(id => fault === 'needs everything' || (fault !== 'needs nothing' && !disk.has(key(id)))),
      put: async (id, data) => {
        const line = new TextDecoder().decode(data)
        if (fault === 'one at a time' && this.putting > 0) return
        this.putting++
        await Promise.resolve()
        this.putting--
        if (fault === 'only in order' && number(id) !== disk.size + 1) return
        if (fault === 'keeps wrong bodies') disk.set(key(id), line)
        if (fault !== 'believes' && key(idOf(number(id), line)) !== key(id)) throw new Error('not what its id says')
        disk.set(key(id), line)
      },
      async putMany (items, options) {
        if (fault === 'takes all') for (const { id, data } of items) disk.set(key(id), new TextDecoder().decode(data))
        const answers: (Error | undefined)[] = []
        for (const { id, data } of items) answers.push(await this.put(id, data, options).then(() => undefined, error => error as Error))
        if (fault === 'all or nothing' && answers.some(Boolean)) for (const { id } of items) disk.delete(key(id))
        return fault === 'one answer' ? answers.slice(0, 1) : answers
      },
      close () {}
    }
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

/** The laws that a type breaks. */
async function broken (fault: Fault): Promise<string[]> {
  const laws: [string, () => Promise<void>][] = []
  testStreamType({ test: (name, law) => laws.push([name.replace('stream type: ', ''), law]), make: () => new Log(fault), settle })
  const found: string[] = []
  for (const [name, law] of laws.slice(0, 14)) await law().catch(() => found.push(name))
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
    'a bounded batch does not wait': ['bounded waits'],
    'an open batch waits for the next item, and brings it': ['open does not wait', 'no wake'],
    'a batch that waits ends when it is not wanted any more': ['ignores the signal'],
    'who asks to hear of more hears of it once, unless it takes that back': ['tells at once', 'tells nobody', 'tells early', 'tells for ever', 'tells who left'],
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
        expect(await broken(fault)).toContain(law)
      })
    }
  }

  test('a bounded batch does not wait: bounded waits', async () => {
    expect(await breaks('bounded waits', 'a bounded batch does not wait')).toBe(true)
  })

  const between: [law: string, fault: Fault][] = [
    ['history and what comes later arrive', 'no wake'],
    ['after a cut at any message', 'needs everything'],
    ['after the end of the process', 'forgets'],
    ['batches that come in another order', 'only in order'],
    ['who lies is not believed', 'believes'],
    ['a subscription that ends in the middle', 'opens once'],
    ['a slow peer', 'no wake'],
    ['a stream that was wiped', 'one epoch for all']
  ]
  for (const [law, fault] of between) {
    test(`${law}: ${fault}`, async () => {
      expect(await breaks(fault, law)).toBe(true)
    })
  }
})

import { SeededRandom } from '@skep/sim'
import { IntervalsStore } from '@skep/intervals-store'
import { memoryStore } from '@skep/store-memory'
import { Streamer, type StreamType } from '@skep/streamer'
import { pair } from '@skep/conn-memory'
import { expect, test } from 'vitest'
import { VirtualClock } from './harness.ts'

/** A log that others follow: lines that are only ever added. This is all that a stream type is. */
class Log {
  readonly lines: string[] = []
  readonly #epoch: string
  #wake: (() => void)[] = []

  constructor (epoch: string) {
    this.#epoch = epoch
  }

  write (line: string): void {
    this.lines.push(line)
    for (const wake of this.#wake.splice(0)) wake()
  }

  serve (): StreamType {
    return {
      name: 'LOG',
      source: () => ({
        cursor: async () => ({ epoch: this.#epoch, last: this.lines.length }),
        batch: async (from, to, { limit, signal }) => {
          while (to === undefined && from > this.lines.length) {
            await new Promise<void>(resolve => { this.#wake.push(resolve); signal.addEventListener('abort', () => resolve()) })
            signal.throwIfAborted()
          }
          const last = Math.min(to ?? Infinity, this.lines.length, from + limit - 1)
          return { from, to: last, ids: Array.from({ length: last - from + 1 }, (_, i) => lineId(from + i)) }
        },
        read: async ids => ids.map(id => new TextEncoder().encode(this.lines[lineNumber(id) - 1])),
        close () {}
      })
    }
  }

  follow (): StreamType {
    return {
      name: 'LOG',
      sink: () => ({
        need: async ids => ids.map(id => this.lines[lineNumber(id) - 1] === undefined),
        put: async (id, data) => { this.lines[lineNumber(id) - 1] = new TextDecoder().decode(data) },
        close () {}
      })
    }
  }
}

function lineId (n: number): Uint8Array {
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(0, n)
  return id
}

function lineNumber (id: Uint8Array): number {
  return new DataView(id.buffer, id.byteOffset).getUint32(0)
}

test('a log is followed, and resumed after a restart of the follower', async () => {
  const clock = new VirtualClock()
  const written = new Log('first')
  const followed = new Log('')
  const disk = memoryStore()
  const writer = new Streamer({ clock, random: new SeededRandom(1), intervals: new IntervalsStore(memoryStore()) })
  writer.register(written.serve())
  for (let i = 1; i <= 300; i++) written.write(`line ${i}`)

  const follow = async (until: number): Promise<number> => {
    const reader = new Streamer({ clock, random: new SeededRandom(2), intervals: new IntervalsStore(disk) })
    reader.register(followed.follow())
    const [stream, streamThere] = pair()
    const [native, nativeThere] = pair()
    const toWriter = { key: 'writer', overlay: new Uint8Array(32).fill(1), light: false }
    const runs = [
      reader.run(toWriter, { stream, native }),
      writer.run({ key: `reader ${until}`, overlay: new Uint8Array(32).fill(2), light: false }, { stream: streamThere, native: nativeThere })
    ]
    reader.subscribe(toWriter, 'LOG', 'main')
    await clock.until(() => followed.lines.length === until)
    await clock.advance(100)
    await reader.stop()
    await Promise.allSettled(runs)
    return reader.counters.bodiesReceived
  }

  expect(await follow(300)).toBe(300)
  written.write('line 301')
  expect(await follow(301)).toBe(1)
  expect(followed.lines).toEqual(written.lines)
  expect(writer.handles).toEqual({ peers: 0, subscriptions: 0, items: 0, asks: 0, timers: 0, sources: 0, answers: 0 })
})

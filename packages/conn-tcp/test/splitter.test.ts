import { Splitter } from '@skep/conn-tcp'
import { SeededRandom } from '@skep/sim'
import { encode } from 'it-length-prefixed'
import { expect, test } from 'vitest'

/** How many times as long as usual the fuzz tests run; a long run says how often and how fast. */
const FUZZ = Number(process.env.SKEP_FUZZ ?? 1)
const FUZZ_SEED = Number(process.env.SKEP_FUZZ_SEED ?? 1)

function fuzz (name: string, times: number, once: (random: SeededRandom) => void): void {
  const began = process.hrtime.bigint()
  const count = Math.ceil(times * FUZZ)
  for (let i = 0; i < count; i++) {
    const seed = FUZZ_SEED * 1_000_003 + i
    try {
      once(new SeededRandom(seed))
    } catch (cause) {
      throw new Error(`${name}: seed ${seed}`, { cause })
    }
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9
  if (FUZZ !== 1) process.stdout.write(`${name}: ${count} executions, ${Math.round(count / seconds)} a second\n`)
}

/** Cuts bytes into chunks anywhere. */
function chunks (random: SeededRandom, bytes: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = []
  const most = random.pick([1, 3, 100, 5000, 70_000])
  for (let at = 0; at < bytes.length;) {
    const length = 1 + random.integer(most)
    out.push(bytes.slice(at, at + length))
    at += length
  }
  return out
}

function split (splitter: Splitter, input: Uint8Array[]): Uint8Array[] {
  return input.flatMap(chunk => {
    splitter.add(chunk)
    const got: Uint8Array[] = []
    for (let message = splitter.next(); message !== undefined; message = splitter.next()) got.push(message)
    return got
  })
}

test('messages come out as they went in, however the bytes are cut', () => {
  fuzz('chunks', 100, random => {
    const messages = Array.from({ length: random.integer(20) }, () => random.bytes(Math.floor(20_000 ** random.float()) - 1))
    const bytes = Uint8Array.from(Buffer.concat([...encode(messages)]))
    const splitter = new Splitter(20_000, 100_000)
    expect(Buffer.concat(split(splitter, chunks(random, bytes)).flatMap(m => [Uint8Array.of(255), m])).equals(Buffer.concat(messages.flatMap(m => [Uint8Array.of(255), m])))).toBe(true)
    expect(splitter.inside).toBe(false)
  })
})

test('any bytes are messages or refused with a code, and nothing is larger than what came', () => {
  fuzz('garbage', 3000, random => {
    const bytes = random.bytes(random.integer(400)).map(byte => random.integer(3) === 0 ? byte & 0x83 : byte & 0x1f)
    const splitter = new Splitter(random.pick([0, 1, 127, 128, 131_073, 2 ** 28 - 1]), random.pick([2, 8192]))
    try {
      const got = split(splitter, chunks(random, bytes))
      expect(got.reduce((sum, { length }) => sum + length + 1, 0)).toBeLessThanOrEqual(bytes.length)
    } catch (error) {
      expect(error).toMatchObject({ name: 'ConnError', code: expect.stringMatching(/^CONN_(BAD_FRAME|MESSAGE_TOO_LONG)$/) })
    }
  })
})

test.each([[127, true], [128, true], [129, false]])('a message of %i bytes where 128 are allowed: %s', (length, allowed) => {
  const attempt = (): number[] => split(new Splitter(128, 10), [Uint8Array.from(Buffer.concat([...encode([new Uint8Array(length)])]))]).map(m => m.length)
  if (allowed) expect(attempt()).toEqual([length])
  else expect(attempt).toThrow(expect.objectContaining({ code: 'CONN_MESSAGE_TOO_LONG' }))
})

test.each([[9, true], [10, true], [11, false]])('a frame in %i pieces after its first where 10 are allowed: %s', (pieces, allowed) => {
  const input = [Uint8Array.of(pieces), ...Array.from({ length: pieces }, () => Uint8Array.of(7))]
  const attempt = (): number[] => split(new Splitter(128, 10), input).map(m => m.length)
  if (allowed) expect(attempt()).toEqual([pieces])
  else expect(attempt).toThrow(expect.objectContaining({ code: 'CONN_BAD_FRAME' }))
})

test('a short message does not keep its chunk alive, a long one is not copied', () => {
  const chunk = Uint8Array.from(Buffer.concat([...encode([new Uint8Array(10), new Uint8Array(5000)])]))
  const [short, long] = split(new Splitter(10_000, 10), [chunk])
  expect(short!.buffer.byteLength).toBe(10)
  expect(long!.buffer).toBe(chunk.buffer)
})

test('a claimed length takes no memory', () => {
  const splitter = new Splitter(2 ** 28 - 1, 10)
  const before = process.memoryUsage().arrayBuffers
  expect(split(splitter, [Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 1)])).toEqual([])
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000)
})

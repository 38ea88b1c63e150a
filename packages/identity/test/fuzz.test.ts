import { describe, expect, test } from 'vitest'
import {
  bzzAddr, formatEnode, generateKey, identity, parseEnode, parseUnderlay, recordFromBzzAddr, scopeOf, signedRecord, signedRecordFromWire,
  signedRecordToWire, signRecord, withObservedHost
} from '@skep/identity'
import { mutate, SeededRandom } from '@skep/sim'
import { decode, encode } from '@skep/wire'
import { hex } from './hex.ts'

/** Executions of each target; more with `SKEP_FUZZ_RUNS`. */
const RUNS = Number(process.env.SKEP_FUZZ_RUNS ?? 2_000)
const SEED = Number(process.env.SKEP_FUZZ_SEED ?? 1)

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Runs a target on damaged inputs: it throws one of our errors, or what it takes holds. */
function fuzz (corpus: readonly Uint8Array[], target: (bytes: Uint8Array) => void): number {
  const random = new SeededRandom(SEED)
  const pool = [...corpus]
  let taken = 0
  for (let i = 0; i < RUNS; i++) {
    const bytes = mutate(random, random.pick(pool))
    try {
      target(bytes)
    } catch (error) {
      const { name } = error as Error
      if (name !== 'IdentityError' && name !== 'WireError') throw error
      continue
    }
    taken++
    // What was taken leads further than what was not.
    if (pool.length < 1_000) pool.push(bytes)
  }
  return taken
}

describe('whatever comes', () => {
  const me = identity(generateKey(new SeededRandom(2)))
  const id = 'ab'.repeat(64)
  const underlays = ['tcp://127.0.0.1:4000', 'tcp://[2001:db8::1]:4000/x?y', `enode://${id}@10.3.58.6:30399?discport=0`, 'memory://a', 'ws://example.org:80']
  const record = signRecord(me, { networkId: 3, timestamp: 1_000, underlays: underlays.slice(0, 3) })

  test('an underlay is read the same from its parts, or refused', () => {
    const taken = fuzz(underlays.map(utf8), bytes => {
      const underlay = parseUnderlay(text(bytes))
      const host = underlay.ip?.length === 16 ? `[${underlay.host}]` : underlay.host
      const user = underlay.user === undefined ? '' : `${underlay.user}@`
      const port = underlay.port === undefined ? '' : `:${underlay.port}`
      expect(parseUnderlay(`${underlay.scheme}://${user}${host}${port}${underlay.rest}`)).toEqual(underlay)
      scopeOf(underlay)
    })
    expect(taken).toBeGreaterThan(RUNS / 20)
  })

  test('an enode URL is read the same from its canonical form, or refused', () => {
    const corpus = [`enode://${id}@10.3.58.6:30399?discport=0`, `enode://${id}`, id, `enode://${id}@[::ffff:1.2.3.4]:1`]
    fuzz(corpus.map(utf8), bytes => {
      const enode = parseEnode(text(bytes))
      expect(parseEnode(formatEnode(enode))).toEqual(enode)
    })
  })

  test('a BzzAddr is a record within the limits, or refused', () => {
    fuzz(underlays.map(underlay => encode(bzzAddr, { OAddr: me.overlay, UAddr: utf8(underlay) })), bytes => {
      const addr = decode(bzzAddr, bytes)
      expect(hex(encode(bzzAddr, addr))).toBe(hex(bytes))
      const read = recordFromBzzAddr(addr)
      expect(read.overlay).toHaveLength(32)
      expect(withObservedHost(read, '10.0.0.1:1').underlays).toHaveLength(read.underlays.length)
    })
  })

  test('a signed record is read to the same bytes, or refused', () => {
    fuzz([encode(signedRecord, signedRecordToWire(record))], bytes => {
      const wire = decode(signedRecord, bytes)
      expect(hex(encode(signedRecord, wire))).toBe(hex(bytes))
      const read = signedRecordFromWire(wire, { networkId: 3, now: 1_000 })
      expect(hex(encode(signedRecord, signedRecordToWire(read)))).toBe(hex(bytes))
    })
  })
})

import { describe, expect, test } from 'vitest'
import { bzzSpec, handshake, idSpec, messageOf, prove } from '@skep/bzz-handshake'
import { pair } from '@skep/conn-memory'
import { generateKey, identity, signedRecordToWire, signRecord } from '@skep/identity'
import type { Conn } from '@skep/interface'
import { mutate, SeededRandom, VirtualClock } from '@skep/sim'
import { encodeMessage } from '@skep/wire'

/** Executions of each target; more with `SKEP_FUZZ_RUNS`. */
const RUNS = Number(process.env.SKEP_FUZZ_RUNS ?? 300)
const random = new SeededRandom(Number(process.env.SKEP_FUZZ_SEED ?? 1))
const clock = new VirtualClock()
const me = identity(generateKey(random))
const other = identity(generateKey(random))
const record = signRecord(me, { networkId: 3, timestamp: 0, underlays: ['tcp://127.0.0.1:1'] })
const theirs = signRecord(other, { networkId: 3, timestamp: 0, underlays: ['tcp://127.0.0.1:2'] })

const hello = encodeMessage(bzzSpec, 'HandshakeMsg', messageOf({ overlay: other.overlay, underlay: 'tcp://127.0.0.1:2', networkId: 3, light: false }))
const introduction = encodeMessage(idSpec, 'IntroduceMsg', { Nonce: random.bytes(32), Record: signedRecordToWire(theirs) })
const proof = encodeMessage(idSpec, 'ProveMsg', { Signature: other.sign(random.bytes(32)) })

/** Lets `shake` meet somebody who sends damaged messages and then hangs, closes or breaks. */
async function torture (shake: (conn: Conn, initiator: boolean) => Promise<unknown>, corpus: readonly Uint8Array[]): Promise<string[]> {
  const codes: string[] = []
  for (let run = 0; run < RUNS; run++) {
    const [ours, remote] = pair()
    const outcome = shake(ours, run % 2 === 0).then(() => 'done', error => String(error.code))
    const messages = Array.from({ length: 1 + random.integer(3) }, (_, i) => {
      const message = corpus[Math.min(i, corpus.length - 1)]!
      return random.float() < 0.3 ? message : mutate(random, message)
    })
    // Somebody reads what we send, or we wait for that.
    void (async () => { for await (const _ of remote.source) { /* read */ } })().catch(() => {})
    remote.sink(messages).catch(() => {}).finally(() => {
      const end = random.integer(3)
      if (end === 1) void remote.close()
      if (end === 2) remote.abort(new Error('gone'))
    })
    await clock.advance(10_000)
    codes.push(await outcome)
  }
  return codes
}

describe('whatever comes', () => {
  test('a handshake ends in time, with a code of ours or a remote within the limits', async () => {
    const codes = await torture(async (conn, initiator) => {
      const { remote } = await handshake(conn, { overlay: me.overlay, underlay: '', networkId: 3, light: false }, { initiator, clock })
      expect(remote.overlay).toHaveLength(32)
      expect(remote.underlay.length).toBeLessThanOrEqual(512)
    }, [hello])
    for (const code of new Set(codes)) expect(['done', 'BAD_MESSAGE', 'NETWORK_ID', 'VERSION', 'TIMEOUT', 'CLOSED', 'SELF']).toContain(code)
    expect(codes).toContain('done')
    expect(codes).toContain('BAD_MESSAGE')
    expect(clock.pending).toBe(0)
  })

  test('a proof ends in time, and is none', async () => {
    const codes = await torture((conn, initiator) => prove(conn, { identity: me, record }, { initiator, clock, random, networkId: 3 }), [introduction, proof])
    for (const code of new Set(codes)) expect(['NOT_PROVEN', 'BAD_MESSAGE', 'TIMEOUT', 'CLOSED', 'SELF']).toContain(code)
    expect(codes).toContain('NOT_PROVEN')
    expect(clock.pending).toBe(0)
  })
})

import type { SeededRandom } from '@skep/sim'

/** How many times as long as usual the fuzz tests run; a long run says how often and how fast. */
const FUZZ = Number(process.env.SKEP_FUZZ ?? 1)
/** Where the randomness begins; a failure prints the seed that failed. */
const FUZZ_SEED = Number(process.env.SKEP_FUZZ_SEED ?? 1)

/** Runs `once` with so many seeds. */
export async function fuzz (name: string, times: number, once: (seed: number) => unknown): Promise<void> {
  const began = process.hrtime.bigint()
  const count = Math.ceil(times * FUZZ)
  for (let i = 0; i < count; i++) {
    const seed = FUZZ_SEED * 1_000_003 + i
    try {
      await once(seed)
    } catch (cause) {
      throw new Error(`${name}: seed ${seed}`, { cause })
    }
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9
  if (FUZZ !== 1) process.stdout.write(`${name}: ${count} executions, ${Math.round(count / seconds)} a second\n`)
}

/** Bytes that mean something where lengths and codes stand. */
const TELLING = [0x00, 0x01, 0x37, 0x38, 0x7f, 0x80, 0x81, 0xb7, 0xb8, 0xb9, 0xbb, 0xbf, 0xc0, 0xc1, 0xf7, 0xf8, 0xf9, 0xfb, 0xff]

/** Changes a few things in `bytes`, or makes up something new. */
export function mutate (random: SeededRandom, bytes: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  if (random.integer(20) === 0) return random.bytes(random.integer(64))
  let out = Array.from(bytes)
  for (let times = 1 + random.integer(4); times > 0; times--) {
    const at = random.integer(out.length + 1)
    const length = random.integer(Math.min(40, out.length - at + 1))
    const change = [
      () => { if (at < out.length) out[at]! ^= 1 << random.integer(8) },
      () => { out[at] = random.pick(TELLING) },
      () => { out.splice(at, 0, random.pick(TELLING)) },
      () => { out.splice(at, length) },
      () => { out.splice(at, 0, ...out.slice(at, at + length)) },
      () => { out = out.slice(0, at) },
      () => { out.push(...random.bytes(random.integer(16))) },
      () => { out.splice(at, length, ...random.pick(others).slice(0, 1 + random.integer(200))) },
      () => { if (at < out.length) out[at] = (out[at]! + random.pick([1, -1, 2, 55, 56])) & 255 }
    ]
    random.pick(change)()
  }
  return Uint8Array.from(out)
}

import type { SeededRandom } from './random.ts'

/** Bytes that lie on the edges of encodings. */
const EDGES = [0x00, 0x01, 0x7f, 0x80, 0x81, 0xb7, 0xb8, 0xbf, 0xc0, 0xc1, 0xf7, 0xf8, 0xff]

/**
 * Damages some bytes, for tests that feed decoders: flips, edge values, cuts, insertions,
 * repetitions, now and then several at once.
 *
 * @returns other bytes; the input stays as it is.
 *
 * @example
 * ```ts
 * import { mutate, SeededRandom } from '@skep/sim'
 *
 * const random = new SeededRandom(1)
 * const damaged = mutate(random, Uint8Array.of(1, 2, 3))
 * ```
 */
export function mutate (random: SeededRandom, bytes: Uint8Array): Uint8Array {
  let out: Uint8Array = bytes.slice()
  do out = once(random, out)
  while (random.float() < 0.3)
  return out
}

function once (random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const at = random.integer(bytes.length + 1)
  const rest = bytes.length - at
  switch (random.integer(6)) {
    case 0: return rest === 0 ? bytes : put(bytes, at, bytes[at]! ^ (1 << random.integer(8)))
    case 1: return rest === 0 ? bytes : put(bytes, at, random.pick(EDGES))
    case 2: return bytes.slice(0, at)
    case 3: return join(bytes.subarray(0, at), random.bytes(1 + random.integer(4)), bytes.subarray(at))
    case 4: return join(bytes.subarray(0, at), bytes.subarray(at + 1 + random.integer(rest + 1)))
    default: return join(bytes.subarray(0, at), bytes.subarray(at, at + random.integer(rest + 1)), bytes.subarray(at))
  }
}

function join (...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

function put (bytes: Uint8Array, at: number, value: number): Uint8Array {
  const out = bytes.slice()
  out[at] = value
  return out
}

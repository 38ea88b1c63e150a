/**
 * The real Clock and Random, for Node and browsers.
 *
 * @packageDocumentation
 */
import type { Clock, Random } from '@skep/interface'

/** The platform's time. Its timers keep a Node process alive until they fire or are cancelled. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after (ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  }
}

/** The largest request that Web Crypto serves at once, in bytes (Web Cryptography API, getRandomValues). */
const MAX_ENTROPY = 65_536

/** The platform's cryptographically strong randomness. */
export const systemRandom: Random = {
  bytes (n) {
    const out = new Uint8Array(n)
    for (let at = 0; at < n; at += MAX_ENTROPY) crypto.getRandomValues(out.subarray(at, Math.min(n, at + MAX_ENTROPY)))
    return out
  },
  float () {
    // 53 random bits, the precision of a double below one.
    const [high, low] = crypto.getRandomValues(new Uint32Array(2))
    return ((high! >>> 5) * 67_108_864 + (low! >>> 6)) / 9_007_199_254_740_992
  }
}

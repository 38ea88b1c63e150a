import { NEIGHBOURS } from './depth.ts'
import type { KadRecord } from './entry.ts'
import type { PolicyOf } from './policy.ts'

export interface KademliaOptions {
  /** How many nearest peers make a neighbourhood. Defaults to 2. */
  readonly neighbours?: number
  /** Live peers wanted in each bin below depth. Defaults to 4. */
  readonly minBinSize?: number
  /** Live peers above which a bin below depth is pruned. Defaults to 16. */
  readonly maxBinSize?: number
  /** The highest bin number that is told apart; it holds everything nearer, and shows as the last row of the table. Defaults to 16. */
  readonly maxBin?: number
  /** Wait after the first attempt to dial, in milliseconds; it doubles with each. Defaults to 1,000. */
  readonly retryInterval?: number
  /** Longest wait for a peer outside the neighbourhood, in milliseconds. Defaults to 300,000 (limits.md). */
  readonly retryCap?: number
  /** Longest wait for a peer of the neighbourhood, and for any while nobody is connected, in milliseconds. Defaults to 30,000. */
  readonly retryCapNear?: number
  /** How far a wait may vary either way, as a part of it. Defaults to 0.15. */
  readonly retryJitter?: number
  /** How long a connection must have held for earlier attempts to be forgotten, in milliseconds. Defaults to 10,000. */
  readonly stableAfter?: number
  /** Addresses known per bin. Defaults to 64 (limits.md). */
  readonly maxKnownPerBin?: number
  /** Addresses known in all. Defaults to 2,048 (limits.md). */
  readonly maxKnown?: number
  /** Known addresses of one subnet, /24 of IPv4 or /56 of IPv6, per bin. Defaults to 2. */
  readonly maxPerSubnetInBin?: number
  /** Known addresses of one subnet in all. Defaults to 10. */
  readonly maxPerSubnet?: number
  /** Whether loopback, private and link-local addresses count as subnets too. Defaults to false. */
  readonly limitPrivateSubnets?: boolean
  /** A veto on suggestions; it must not change the table. */
  readonly reachable?: (record: KadRecord) => boolean
  /** What decides depth and whom to dial. Defaults to `balanced`. */
  readonly policy?: PolicyOf
}

/** Options with their defaults filled in. */
export type Settings = Required<Omit<KademliaOptions, 'policy' | 'reachable'>> & Pick<KademliaOptions, 'reachable'>

const DEFAULTS = {
  neighbours: NEIGHBOURS,
  minBinSize: 4,
  maxBinSize: 16,
  maxBin: 16,
  retryInterval: 1_000,
  retryCap: 300_000,
  retryCapNear: 30_000,
  retryJitter: 0.15,
  stableAfter: 10_000,
  maxKnownPerBin: 64,
  maxKnown: 2_048,
  maxPerSubnetInBin: 2,
  maxPerSubnet: 10
}

/** @throws RangeError - if a number is negative, or not a number. */
export function settingsOf (options: KademliaOptions): Settings {
  const numbers = { ...DEFAULTS }
  for (const name of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    const value = options[name] ?? DEFAULTS[name]
    if (!(value >= 0)) throw new RangeError(`${name} must be a number from 0 on: ${value}`)
    numbers[name] = value
  }
  if (numbers.retryInterval === 0) throw new RangeError('retryInterval must be more than 0')
  if (!Number.isInteger(numbers.maxBin) || numbers.maxBin === 0) throw new RangeError('maxBin must be a whole number from 1 on')
  if (numbers.retryJitter >= 1) throw new RangeError('retryJitter must be less than 1')
  const { reachable, limitPrivateSubnets = false } = options
  return { ...numbers, limitPrivateSubnets, ...(reachable === undefined ? {} : { reachable }) }
}

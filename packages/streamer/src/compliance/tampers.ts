import type { Clock } from '@skep/interface'
import { keyOf } from '@skep/pot'
import { decodeMessage, encodeMessage, type MessageValue } from '@skep/wire'
import { streamSpec } from '../messages.ts'
import { halfName } from '../stream-name.ts'
import type { Tamper, Way } from './bench.ts'

type Spec = typeof streamSpec

/** An offer. */
export type Offer = MessageValue<Spec, 'OfferedHashesMsg'>

/**
 * Lets messages arrive one at a time, so that each has been handled before the next one is there.
 * Before number `count` arrives, `end` is called: it may cut it off.
 */
export function after (clock: Clock, count: number, end: (way: Way) => void): Tamper {
  let due = 0
  let arrived = 0
  return (message, way) => {
    due = Math.max(due, clock.now()) + 1
    clock.after(due - clock.now(), () => {
      if (++arrived === count) end(way)
      way.pass(message)
    })
  }
}

/** Changes the bodies of some deliveries, counted from 0, and of the same items whenever they come again. */
export function lies (about: (n: number) => boolean): Tamper {
  const ids = new Set<string>()
  let n = 0
  return (message, way) => {
    const { name, value } = decodeMessage(streamSpec, message)
    if (name !== 'ChunkDeliveryMsg') return way.pass(message)
    if (about(n++)) ids.add(keyOf(value.Addr))
    way.pass(ids.has(keyOf(value.Addr)) ? encodeMessage(streamSpec, name, { ...value, SData: value.SData.map(byte => byte ^ 0xff) }) : message)
  }
}

/** Changes offers, counted from 0. */
export function offers (change: (offer: Offer, n: number) => Offer): Tamper {
  let n = 0
  return (message, way) => {
    const { name, value } = decodeMessage(streamSpec, message)
    way.pass(name === 'OfferedHashesMsg' ? encodeMessage(streamSpec, name, change(value, n++)) : message)
  }
}

/** Has every message of a name come twice. */
export function twice (which: string): Tamper {
  return (message, way) => {
    way.pass(message)
    if (decodeMessage(streamSpec, message).name === which) way.pass(message)
  }
}

/** Has deliveries come later. */
export function slow (clock: Clock, delay: (n: number) => number): Tamper {
  let n = 0
  return (message, way) => {
    if (decodeMessage(streamSpec, message).name !== 'ChunkDeliveryMsg') return way.pass(message)
    clock.after(delay(n++), () => { way.pass(message) })
  }
}

/** Delays each message by another time, below `most`, and keeps their order. */
export function jittered (clock: Clock, most: number, laneOf: (message: Uint8Array) => string | undefined = () => ''): Tamper {
  const due = new Map<string, number>()
  let seed = 1
  return (message, way) => {
    // A linear congruence: the same in every run.
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    const lane = laneOf(message)
    const at = Math.max(clock.now() + (seed >>> 8) % most, lane === undefined ? 0 : due.get(lane) ?? 0)
    if (lane !== undefined) due.set(lane, at)
    clock.after(at - clock.now(), () => { way.pass(message) })
  }
}

/** The same, where deliveries overtake whatever they like, and everything else what is not of its half of the stream. */
export function shuffled (clock: Clock, most: number): Tamper {
  return jittered(clock, most, message => {
    const { name, value } = decodeMessage(streamSpec, message)
    if (name === 'ChunkDeliveryMsg') return undefined
    return 'Stream' in value ? halfName(value.Stream.Name, value.Stream.Key, value.Stream.Live) : ''
  })
}

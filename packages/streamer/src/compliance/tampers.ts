import type { Clock } from '@skep/interface'
import { keyOf } from '@skep/pot'
import { decodeMessage, encodeMessage, type MessageValue, type ProtocolSpec } from '@skep/wire'
import { nativeSpec, streamSpec } from '../messages.ts'
import { halfName } from '../stream-name.ts'
import type { Tamper, Way } from './bench.ts'

/** An offer. */
export type Offer = MessageValue<typeof streamSpec, 'OfferedHashesMsg'>

/** The first item of a message of `skep-stream/1` that delivers some. */
function itemOf (message: Uint8Array): MessageValue<typeof nativeSpec, 'DeliveriesMsg'>['Items'][number] | undefined {
  const { name, value } = decodeMessage(nativeSpec, message)
  return name === 'DeliveriesMsg' ? value.Items[0] : undefined
}

/** Takes messages of `skep-stream/1` apart, so that whatever happens may happen between two items. */
export function singly (tamper: Tamper = (message, way) => { way.pass(message) }): Tamper {
  return (message, way) => {
    const { name, value } = decodeMessage(nativeSpec, message)
    if (name !== 'DeliveriesMsg') return tamper(message, way)
    for (const item of value.Items) tamper(encodeMessage(nativeSpec, name, { Items: [item] }), way)
  }
}

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
    const item = itemOf(message)
    if (item === undefined) return way.pass(message)
    if (about(n++)) ids.add(keyOf(item.Addr))
    const isWrong = ids.has(keyOf(item.Addr))
    way.pass(isWrong ? encodeMessage(nativeSpec, 'DeliveriesMsg', { Items: [{ ...item, SData: item.SData.map(byte => byte ^ 0xff) }] }) : message)
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
export function twice (spec: ProtocolSpec<any>, which: string): Tamper {
  return (message, way) => {
    way.pass(message)
    if (decodeMessage(spec, message).name === which) way.pass(message)
  }
}

/** Has deliveries come later. */
export function slow (clock: Clock, delay: (n: number) => number): Tamper {
  let n = 0
  return (message, way) => {
    if (itemOf(message) === undefined) return way.pass(message)
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

/** The same, where each half of a stream keeps its own order. */
export function byHalf (clock: Clock, most: number): Tamper {
  return jittered(clock, most, message => {
    const { value } = decodeMessage(streamSpec, message)
    return 'Stream' in value ? halfName(value.Stream.Name, value.Stream.Key, value.Stream.Live) : ''
  })
}

/** The same, where deliveries overtake whatever they like. */
export function shuffled (clock: Clock, most: number): Tamper {
  return jittered(clock, most, message => itemOf(message) === undefined ? '' : undefined)
}

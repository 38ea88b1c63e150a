/**
 * Proximity order, XOR distance and a proximity-ordered tree.
 *
 * @packageDocumentation
 */
export { fromBinary, fromHex, isAddress, keyAt, keyOf, randomAddressAt, toBinary, toHex, type RandomBytes } from './address.ts'
export { compareDistance, distance, distanceBytes } from './distance.ts'
export { MutablePot } from './mutable.ts'
export type { PotOptions } from './options.ts'
export { Pot, type Swapped } from './pot.ts'
export { binTargets, flipBit, hasPrefix, prefixOf } from './prefix.ts'
export { compareProximity, proximity, type ProximityOptions } from './proximity.ts'
export type { PotReader } from './reader.ts'
export type { Shape } from './shape.ts'
export type { Bin } from './walk.ts'

/**
 * A virtual clock, seeded randomness and an in-memory network for tests.
 *
 * @packageDocumentation
 */
export { VirtualClock } from './clock.ts'
export { mutate } from './mutate.ts'
export { Network, type Host, type NetworkOptions, type SimDialOptions } from './network.ts'
export { Points } from './points.ts'
export { SeededRandom } from './random.ts'

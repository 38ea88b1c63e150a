/**
 * A virtual clock, seeded randomness and an in-memory network for tests.
 *
 * @packageDocumentation
 */
export { VirtualClock } from './clock.ts'
export { SeededRandom } from './random.ts'

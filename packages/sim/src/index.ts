/**
 * A virtual clock, seeded randomness and an in-memory network for tests.
 *
 * @packageDocumentation
 */
export {}

/**
 * Keccak-256: one-shot, and as a running sponge with peek.
 *
 * @packageDocumentation
 */
export {}

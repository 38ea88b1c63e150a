/**
 * Tells peers about peers, and keeps you connected.
 *
 * @packageDocumentation
 */
export {}

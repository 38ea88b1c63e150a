/**
 * Whom to ask for a chunk, forwarding to strictly closer peers, answering.
 *
 * @packageDocumentation
 */
export {}

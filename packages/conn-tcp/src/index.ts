/**
 * Conns over TCP with length-prefixed messages.
 *
 * @packageDocumentation
 */
export {}

/**
 * Conns and Sessions inside one process.
 *
 * @packageDocumentation
 */
export {}

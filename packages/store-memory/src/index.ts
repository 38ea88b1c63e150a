/**
 * A Store in memory.
 *
 * @packageDocumentation
 */
export {}

/**
 * Which bins to sync with whom, and offering what is stored.
 *
 * @packageDocumentation
 */
export {}

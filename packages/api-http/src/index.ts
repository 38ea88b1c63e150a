/**
 * An HTTP API in the paths and shapes of Bee, over anything that stores and finds chunks.
 *
 * @packageDocumentation
 */
export {}

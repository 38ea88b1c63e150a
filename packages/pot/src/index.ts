/**
 * Proximity order, XOR distance and a persistent proximity-ordered tree.
 *
 * @packageDocumentation
 */
export {}

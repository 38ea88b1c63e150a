/**
 * The real Clock and Random, for Node and browsers.
 *
 * @packageDocumentation
 */
export {}

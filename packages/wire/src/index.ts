/**
 * Typed message specs on strict RLP, the envelope, and many protocols over one connection.
 *
 * @packageDocumentation
 */
export {}

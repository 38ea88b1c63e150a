/**
 * Keys, signatures, node ids, overlay addresses and peer records.
 *
 * @packageDocumentation
 */
export {}

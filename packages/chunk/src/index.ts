/**
 * Content-addressed chunks: BMT hash, file tree split and join, proofs, validators.
 *
 * @packageDocumentation
 */
export {}

declare module 'snappyjs' {
  export function compress (payload: Uint8Array): Uint8Array
  export function uncompress (block: Uint8Array, limit?: number): Uint8Array
}

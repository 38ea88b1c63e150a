/** The part of k-bucket that is measured; it has no types of its own. */
declare module 'k-bucket' {
  export default class KBucket {
    constructor (options: { localNodeId: Uint8Array, numberOfNodesPerKBucket: number })
    add (contact: { id: Uint8Array }): this
    closest (id: Uint8Array, n?: number): { id: Uint8Array }[]
    count (): number
  }
}

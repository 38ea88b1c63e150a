import { toHex } from '@skep/pot'

/** Bytes of an overlay address that tell it from others: making two that agree in so many is out of reach. */
const PREFIX = 8

/**
 * What a peer has been told or has told us, so that nothing is said twice.
 *
 * Bounded: what was told longest ago is forgotten first. An address that comes back with
 * another underlay is news. Keeps prefixes and hashes alone, some 80 bytes each: there is
 * one of these per connection.
 */
export class Told {
  readonly #limit: number
  readonly #entries = new Map<string, number>()

  constructor (limit: number) {
    this.#limit = limit
  }

  get size (): number {
    return this.#entries.size
  }

  /** Whether the peer knows `overlay` at this very `underlay`. */
  has (overlay: Uint8Array, underlay: string): boolean {
    return this.#entries.get(keyOf(overlay)) === hash(underlay)
  }

  add (overlay: Uint8Array, underlay: string): void {
    const key = keyOf(overlay)
    this.#entries.delete(key)
    this.#entries.set(key, hash(underlay))
    if (this.#entries.size > this.#limit) this.#entries.delete(this.#entries.keys().next().value!)
  }
}

function keyOf (overlay: Uint8Array): string {
  return toHex(overlay.subarray(0, PREFIX))
}

/** FNV-1a over UTF-16 units: a collision means that one move of one peer is not told by one other. */
function hash (text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value
}

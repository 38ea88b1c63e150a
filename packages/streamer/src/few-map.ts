/**
 * A map that nearly always has one entry, for which it needs no table.
 *
 * @typeParam V - never `undefined`.
 */
export class FewMap<K, V> implements Iterable<readonly [key: K, value: V]> {
  #key: K | undefined
  /** `undefined` where there is no entry, or a table of them. */
  #value: V | undefined
  /** Made with the second entry. */
  #table: Map<K, V> | undefined

  get size (): number {
    return this.#table?.size ?? (this.#value === undefined ? 0 : 1)
  }

  has (key: K): boolean {
    return this.get(key) !== undefined
  }

  get (key: K): V | undefined {
    if (this.#table !== undefined) return this.#table.get(key)
    return this.#key === key ? this.#value : undefined
  }

  set (key: K, value: V): void {
    if (this.#table !== undefined) {
      this.#table.set(key, value)
    } else if (this.#value === undefined || this.#key === key) {
      this.#key = key
      this.#value = value
    } else {
      this.#table = new Map([[this.#key!, this.#value], [key, value]])
      this.#key = this.#value = undefined
    }
  }

  delete (key: K): boolean {
    if (this.#table !== undefined) return this.#table.delete(key)
    if (this.#value === undefined || this.#key !== key) return false
    this.#key = this.#value = undefined
    return true
  }

  /** Whether a value passes the test. */
  some (test: (value: V) => boolean): boolean {
    if (this.#table === undefined) return this.#value !== undefined && test(this.#value)
    for (const value of this.#table.values()) if (test(value)) return true
    return false
  }

  /** Calls `visit` for each entry, in the order they came. */
  forEach (visit: (value: V, key: K) => void): void {
    if (this.#table !== undefined) this.#table.forEach(visit)
    else if (this.#value !== undefined) visit(this.#value, this.#key!)
  }

  /** The entries, in the order they came, as they are when it is asked for the first. */
  * [Symbol.iterator] (): Generator<readonly [key: K, value: V]> {
    if (this.#table !== undefined) yield * [...this.#table]
    else if (this.#value !== undefined) yield [this.#key!, this.#value]
  }
}

import type { BatchOptions, Operation, RangeOptions, Store } from '@skep/interface'

/**
 * A Store as plain as can be, one method per decision, so that a test can break one
 * decision at a time.
 */
export class NaiveStore implements Store {
  protected entries: [string, Uint8Array][] = []
  protected closed = false

  async get (key: Uint8Array): Promise<Uint8Array | undefined> {
    return (await this.getMany([key]))[0]
  }

  async getMany (keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    this.open()
    return keys.map(key => this.find(this.name(key))?.[1]).map(value => value && this.give(value))
  }

  async batch (operations: Operation[], _options?: BatchOptions): Promise<void> {
    this.open()
    for (const { key } of operations) if (!(key instanceof Uint8Array)) throw new TypeError('no key')
    for (const operation of operations) this.apply(operation)
  }

  async * range (options: RangeOptions = {}): AsyncGenerator<[Uint8Array, Uint8Array]> {
    this.open()
    for (const [name, value] of this.select(options)) {
      this.open()
      yield [this.give(this.key(name)), this.give(value)]
    }
  }

  async close (): Promise<void> {
    this.closed = true
    // Its calls take a few promise jobs each, and no more.
    for (let i = 0; i < 20; i++) await Promise.resolve()
  }

  protected open (): void {
    if (this.closed) throw new Error('closed')
  }

  protected apply (operation: Operation): void {
    const name = this.name(operation.key)
    this.entries = this.entries.filter(([other]) => other !== name)
    if (operation.type === 'put') this.entries.push([name, this.take(operation.value)])
    this.entries.sort(([a], [b]) => this.order(a, b))
  }

  protected select ({ gte, lt, limit, reverse = false }: RangeOptions): [string, Uint8Array][] {
    const inside = this.entries.filter(([name]) => (gte === undefined || name >= this.name(gte)) && (lt === undefined || name < this.name(lt)))
    return (reverse ? inside.reverse() : inside).slice(0, limit)
  }

  protected find (name: string): [string, Uint8Array] | undefined {
    return this.entries.find(([other]) => other === name)
  }

  protected order (a: string, b: string): number {
    return a < b ? -1 : 1
  }

  /** Keeps the bytes of a value that comes in. */
  protected take (value: Uint8Array): Uint8Array {
    return value.slice()
  }

  /** Copies bytes that go out. */
  protected give (bytes: Uint8Array): Uint8Array {
    return bytes.slice()
  }

  /** A key as a string of one character a byte. */
  protected name (key: Uint8Array): string {
    return Array.from(key, byte => String.fromCharCode(byte)).join('')
  }

  protected key (name: string): Uint8Array {
    return Uint8Array.from(name, character => character.charCodeAt(0))
  }
}

import type { Conn } from '@skep/interface'

/** One direction: what was sent, whether it is over, and who waits. */
class Line {
  readonly messages: Uint8Array[] = []
  over: { readonly error?: Error } | undefined
  wake: (() => void)[] = []

  async changed (): Promise<void> {
    await new Promise<void>(resolve => this.wake.push(resolve))
  }

  change (): void {
    for (const wake of this.wake.splice(0)) wake()
  }

  finish (error?: Error): void {
    this.over ??= error === undefined ? {} : { error }
    this.change()
  }
}

/**
 * A Conn as plain as can be, one method per decision, so that a test can break one
 * decision at a time.
 */
export class NaiveConn implements Conn {
  readonly maxMessageSize = 70_000
  protected incoming = new Line()
  protected outgoing = new Line()
  protected remote: NaiveConn | undefined
  /** Why nothing goes out any more. */
  protected dead: Error | undefined
  protected sunk = false
  #cut: ((reason: Error) => void) | undefined

  /** Two ends of a conn, each of the class it is called on. */
  static pair (this: new () => NaiveConn): [NaiveConn, NaiveConn] {
    const [a, b] = [new this(), new this()]
    a.remote = b
    b.remote = a
    b.incoming = a.outgoing
    b.outgoing = a.incoming
    return [a, b]
  }

  get source (): AsyncIterable<Uint8Array> {
    return { [Symbol.asyncIterator]: () => ({ next: async () => this.next(), take: () => this.pick() }) }
  }

  async sink (messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    this.once()
    if (this.dead !== undefined) throw this.dead
    const cut = new Promise<never>((_, reject) => { this.#cut = reject })
    await Promise.race([this.all(messages), cut])
  }

  async close (): Promise<void> {
    this.outgoing.finish()
    this.incoming.messages.length = 0
    this.incoming.finish()
    this.die(new Error('closed'))
    this.remote?.gone()
  }

  abort (reason: Error): void {
    if (this.dead !== undefined) return
    this.outgoing.messages.length = 0
    this.outgoing.finish(this.farewell(reason))
    this.incoming.messages.length = 0
    this.incoming.finish(reason)
    this.die(reason)
    this.remote?.gone()
  }

  protected once (): void {
    if (this.sunk) throw new TypeError('one sink')
    this.sunk = true
  }

  protected async all (messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    for await (const message of messages) {
      if (this.dead !== undefined) throw this.dead
      this.check(message)
      this.send(this.take(message))
      await this.room()
    }
  }

  protected check (message: Uint8Array): void {
    if (message.length <= this.maxMessageSize) return
    const error = new RangeError('too long')
    this.abort(error)
    throw error
  }

  protected take (message: Uint8Array): Uint8Array {
    return message.slice()
  }

  protected send (message: Uint8Array): void {
    this.outgoing.messages.push(message)
    this.outgoing.change()
  }

  protected async room (): Promise<void> {
    while (this.outgoing.messages.length >= this.width() && this.outgoing.over === undefined) await this.outgoing.changed()
  }

  protected width (): number {
    return 50
  }

  protected async next (): Promise<IteratorResult<Uint8Array>> {
    while (this.incoming.messages.length === 0 && this.incoming.over === undefined) await this.incoming.changed()
    const message = this.receive(this.incoming.messages)
    if (message !== undefined) {
      this.incoming.change()
      return { done: false, value: message }
    }
    if (this.incoming.over?.error !== undefined) throw this.incoming.over.error
    return { done: true, value: undefined }
  }

  protected receive (messages: Uint8Array[]): Uint8Array | undefined {
    return messages.shift()
  }

  /** What is here already. */
  protected pick (): Uint8Array | undefined {
    const message = this.receive(this.incoming.messages)
    this.incoming.change()
    return message
  }

  /** What the remote's source throws when this end aborts. */
  protected farewell (_: Error): Error | undefined {
    return new Error('the remote aborted')
  }

  /** The other end went away. */
  protected gone (): void {
    this.die(new Error('the remote is gone'))
  }

  protected die (reason: Error): void {
    this.dead ??= reason
    this.#cut?.(this.dead)
  }
}

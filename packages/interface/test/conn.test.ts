import type { Conn } from '@skep/interface'
import { testConn } from '@skep/interface/compliance'
import { describe, expect, test } from 'vitest'
import { NaiveConn } from './naive-conn.ts'

const buffered = 8 * 1024 * 1024

/** The laws that fail, by name, without the suite's prefix. A law that hangs counts too. */
async function broken (make: () => [Conn, Conn], only?: string): Promise<string[]> {
  const laws: [string, () => Promise<void>][] = []
  testConn({ test: (name, law) => laws.push([name.replace('conn: ', ''), law]), make, buffered })
  const failed: string[] = []
  for (const [name, law] of laws) {
    if (only !== undefined && name !== only) continue
    await Promise.race([law(), patience()]).catch(() => failed.push(name))
  }
  return failed
}

/** Rejects when a law that only waits for promises must have come to its end. */
async function patience (): Promise<never> {
  for (let i = 0; i < 2000; i++) await new Promise<void>(resolve => setImmediate(resolve))
  throw new Error('the law hangs')
}

/** One conn per law that breaks it; the suite is not finished while a law has none. */
const culprits: Record<string, typeof NaiveConn> = {
  'messages come in order, both ways at once': class extends NaiveConn {
    protected override receive (messages: Uint8Array[]): Uint8Array | undefined {
      return messages.length > 10 ? messages.splice(1, 1)[0] : messages.shift()
    }
  },
  'messages keep their boundaries, the empty one and the largest too': class extends NaiveConn {
    protected override send (message: Uint8Array): void {
      for (let at = 0; at === 0 || at < message.length; at += 60_000) super.send(message.slice(at, at + 60_000))
    }
  },
  'a message goes out before the next is there': class extends NaiveConn {
    #kept: Uint8Array | undefined
    protected override send (message: Uint8Array): void {
      if (this.#kept !== undefined) super.send(this.#kept)
      this.#kept = message
    }
  },
  'the sender may reuse its buffer once the next message is asked for': class extends NaiveConn {
    protected override take (message: Uint8Array): Uint8Array {
      return message
    }
  },
  'the receiver owns what it gets: plain Uint8Arrays, each alone': class extends NaiveConn {
    protected override take (message: Uint8Array): Uint8Array {
      return Buffer.from(message)
    }
  },
  'what is taken at once and what is waited for are one sequence, on both sides': class extends NaiveConn {
    protected override pick (): Uint8Array | undefined {
      return this.incoming.messages.pop()
    }
  },
  'a sink that is done leaves the conn open': class extends NaiveConn {
    protected override async all (messages: Iterable<Uint8Array>): Promise<void> {
      await super.all(messages)
      await this.close()
    }
  },
  'who does not read holds the sender back, and loses nothing': class extends NaiveConn {
    protected override width (): number {
      return Infinity
    }
  },
  'a stream that is held back holds nothing else back': class extends NaiveConn {
    protected override async room (): Promise<void> {
      await super.room()
      while (this.incoming.messages.length >= this.width() && this.incoming.over === undefined) await this.incoming.changed()
    }
  },
  'closing delivers what was sent, then the end': class extends NaiveConn {
    override async close (): Promise<void> {
      this.outgoing.messages.length = 0
      await super.close()
    }
  },
  'closing delivers what was sent though the other end is sending too': class extends NaiveConn {
    override async close (): Promise<void> {
      if (this.incoming.messages.length > 0) this.outgoing.messages.length = 0
      await super.close()
    }
  },
  'closing twice, and after the other end, is no error': class extends NaiveConn {
    override async close (): Promise<void> {
      if (this.dead !== undefined) throw this.dead
      await super.close()
    }
  },
  'who closed reads no more': class extends NaiveConn {
    override async close (): Promise<void> {
      this.incoming.finish(new Error('closed'))
      await super.close()
    }
  },
  'who closed sends no more': class extends NaiveConn {
    #closing = false
    override async close (): Promise<void> {
      this.#closing = true
      await super.close()
    }

    protected override die (reason: Error): void {
      if (!this.#closing) super.die(reason)
      this.dead ??= reason
    }
  },
  'when one end closes both directions end: nothing stays half-open': class extends NaiveConn {
    protected override gone (): void {
      this.dead ??= new Error('gone')
    }
  },
  'sending to an end that closed rejects': class extends NaiveConn {
    protected override gone (): void {}
  },
  'an abort rejects the own reads and writes with its reason': class extends NaiveConn {
    override abort (reason: Error): void {
      super.abort(new Error('aborted', { cause: reason }))
    }
  },
  'an abort lets go of a write that is held back': class extends NaiveConn {
    override abort (reason: Error): void {
      if (this.outgoing.messages.length === 0) super.abort(reason)
    }
  },
  'an abort breaks the other end too': class extends NaiveConn {
    protected override farewell (): undefined {}
  },
  'aborting twice, and closing after it, is no error': class extends NaiveConn {
    override abort (reason: Error): void {
      if (this.dead !== undefined) throw reason
      super.abort(reason)
    }
  },
  'closing does not wait for ever on an abort that comes later': class extends NaiveConn {
    override async close (): Promise<void> {
      await super.close()
      // Waits for a goodbye that the remote, which aborted, never says.
      await new Promise<void>(() => {})
    }
  },
  'a message over the limit rejects, aborts, and does not arrive': class extends NaiveConn {
    protected override check (): void {}
  },
  'messages that throw reject the sink, and leave the conn open': class extends NaiveConn {
    protected override async all (messages: Iterable<Uint8Array>): Promise<void> {
      try {
        await super.all(messages)
      } catch (error) {
        this.abort(error as Error)
        throw error
      }
    }
  },
  'there is one sink': class extends NaiveConn {
    protected override once (): void {}
  }
}

test('a plain conn keeps all laws', async () => {
  expect(await broken(() => NaiveConn.pair())).toEqual([])
})

describe('every law fails a conn that breaks it', () => {
  const names: string[] = []
  testConn({ test: name => names.push(name.replace('conn: ', '')), make: () => NaiveConn.pair() })
  test.each(names)('%s', async name => {
    const Culprit = culprits[name]
    expect(Culprit, 'no conn breaks this law').toBeDefined()
    expect(await broken(() => Culprit!.pair(), name)).toEqual([name])
  })
})

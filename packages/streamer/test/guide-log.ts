import type { Sink, Source, StreamType } from '@skep/streamer'

/** Lines that are only ever added. */
export class ChatLog {
  readonly lines: string[] = []
  readonly #epoch: string
  #wake: (() => void)[] = []

  constructor (epoch: string) {
    this.#epoch = epoch
  }

  write (line: string): void {
    this.lines.push(line)
    for (const wake of this.#wake.splice(0)) wake()
  }

  get type (): StreamType {
    return { name: 'CHAT', source: () => this.#source(), sink: () => this.#sink() }
  }

  #source (): Source {
    return {
      cursor: async () => ({ epoch: this.#epoch, last: this.lines.length }),
      batch: async (from, to, { limit, signal }) => {
        while (from > this.lines.length) {
          await new Promise<void>(resolve => {
            this.#wake.push(resolve)
            signal.addEventListener('abort', () => resolve())
          })
          signal.throwIfAborted()
        }
        const last = Math.min(to ?? Infinity, this.lines.length, from + limit - 1)
        // A line that has not come to a follower has no id: flatMap passes it over.
        return { from, to: last, ids: this.lines.slice(from - 1, last).flatMap((_, i) => [idOf(from + i)]) }
      },
      read: async ids => ids.map(id => {
        const line = this.lines[numberOf(id) - 1]
        return line === undefined ? undefined : new TextEncoder().encode(line)
      }),
      close () {}
    }
  }

  #sink (): Sink {
    return {
      need: async ids => ids.map(id => this.lines[numberOf(id) - 1] === undefined),
      put: async (id, data) => { this.lines[numberOf(id) - 1] = new TextDecoder().decode(data) },
      close () {}
    }
  }
}

function idOf (n: number): Uint8Array {
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(0, n)
  return id
}

function numberOf (id: Uint8Array): number {
  return new DataView(id.buffer, id.byteOffset).getUint32(0)
}

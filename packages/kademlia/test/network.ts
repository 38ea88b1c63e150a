import { Kademlia, peerPots, type KadPeer, type KadRecord, type KademliaOptions } from '@skep/kademlia'
import { toHex } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'

/** One end of a connection. */
export interface Link extends KadPeer {
  readonly overlay: Uint8Array
}

export type Table = Kademlia<KadRecord, Link>

/**
 * Tables that dial each other and gossip, with nothing between them: a dial succeeds
 * at once, unless the peer is down.
 */
export class Network {
  readonly clock = new VirtualClock()
  readonly random: SeededRandom
  readonly tables: Table[] = []
  readonly down = new Set<Table>()
  dials = 0
  readonly #links = new Map<string, Link>()

  constructor (seed: number, size: number, options?: KademliaOptions) {
    this.random = new SeededRandom(seed)
    for (let i = 0; i < size; i++) {
      this.tables.push(new Kademlia<KadRecord, Link>({ base: this.random.bytes(32), clock: this.clock, random: this.random.fork() }, options))
    }
  }

  get expected (): ReturnType<typeof peerPots> {
    return peerPots(this.tables.filter(table => !this.down.has(table)).map(({ base }) => base))
  }

  healthy (): boolean {
    const expected = this.expected
    return this.tables.every(table => this.down.has(table) || table.health(expected.get(toHex(table.base))).healthy)
  }

  /** Each table follows up to `dials` suggestions, and tells a new peer of everybody as near to it as its depth. */
  round (dials: number = 16): void {
    for (const table of this.tables) {
      if (this.down.has(table)) continue
      for (let i = 0; i < dials; i++) {
        const record = table.suggest()
        if (record === undefined) break
        table.dialled(record.overlay)
        this.dials++
        const other = this.tables.find(({ base }) => base === record.overlay)
        if (other !== undefined && !this.down.has(other)) this.connect(table, other)
      }
    }
    for (const table of this.tables) {
      if (this.down.has(table)) continue
      for (const [{ overlay }] of table.peers()) {
        const peer = this.tables.find(({ base }) => base === overlay)!
        const near = table.peers(overlay).filter(([other, po]) => po >= peer.depth && other.overlay !== overlay)
        peer.register(near.map(([other]) => ({ overlay: other.overlay })))
      }
    }
  }

  connect (a: Table, b: Table): void {
    a.on(this.#link(a, b))
    b.on(this.#link(b, a))
    b.register([{ overlay: a.base }])
  }

  kill (table: Table): void {
    this.down.add(table)
    for (const other of this.tables) {
      other.off(this.#link(other, table))
      table.off(this.#link(table, other))
    }
  }

  #link (from: Table, to: Table): Link {
    const name = `${toHex(from.base)}>${toHex(to.base)}`
    const link = this.#links.get(name) ?? { overlay: to.base }
    this.#links.set(name, link)
    return link
  }
}

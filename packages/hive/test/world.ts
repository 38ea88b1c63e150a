import { Hive, hiveSpec, type DialTarget, type HiveOptions, type HivePeer } from '@skep/hive'
import type { PeerRecord } from '@skep/identity'
import type { Conn, Session, Store } from '@skep/interface'
import { Kademlia, peerPots } from '@skep/kademlia'
import { toHex } from '@skep/pot'
import { Network, SeededRandom, VirtualClock, type NetworkOptions } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'

const PROTOCOLS = [hiveSpec]

/** A node that consists of a table and hive: its id says what a handshake would. */
export class SimNode {
  readonly world: World
  readonly overlay: Uint8Array
  readonly address: string
  readonly light: boolean
  readonly store: Store
  readonly table: Kademlia<PeerRecord, HivePeer>
  readonly hive: Hive<HivePeer>
  readonly #id: Uint8Array
  #unlisten = (): void => {}
  #isUp = false

  constructor (world: World, overlay: Uint8Array, address: string, light: boolean, store: Store, options: HiveOptions) {
    this.world = world
    this.overlay = overlay
    this.address = address
    this.light = light
    this.store = store
    this.#id = new Uint8Array(64)
    this.#id.set(overlay)
    this.#id[32] = light ? 1 : 0
    const { clock, random } = world
    this.table = new Kademlia<PeerRecord, HivePeer>({ base: overlay, clock, random })
    this.hive = new Hive<HivePeer>({ table: this.table, clock, random, store, dial: (target, { signal }) => this.#dial(target, signal) }, options)
  }

  async start (bootnodes: readonly string[]): Promise<void> {
    this.#isUp = true
    if (!this.light) {
      this.#unlisten = this.world.network.listen(this.address, {
        id: this.#id,
        protocols: PROTOCOLS,
        admit: () => this.hive.admit(false),
        onSession: session => { this.#attach(session) }
      })
    }
    await this.hive.start()
    this.hive.bootstrap(bootnodes.map(address => `memory://${address}`))
  }

  /** The process is gone: nothing is said, nothing is written any more. */
  kill (): void {
    this.#isUp = false
    this.#unlisten()
    this.world.network.cut(this.address)
    // What would run on in a process that is gone.
    void this.hive.stop()
  }

  async stop (): Promise<void> {
    this.#isUp = false
    this.#unlisten()
    await this.hive.stop()
  }

  async #dial ({ overlay, underlays }: DialTarget, signal: AbortSignal): Promise<void> {
    let fault: unknown
    for (const underlay of underlays) {
      try {
        const to = underlay.replace('memory://', '')
        this.world.dials.push([this.address, to])
        const session = await this.world.network.dial(this.address, to, { id: this.#id, protocols: PROTOCOLS, signal })
        if (overlay !== undefined && toHex(overlay) !== toHex(session.remote.id.slice(0, 32))) {
          await session.close('UNEXPECTED_IDENTITY')
          throw new Error('somebody else')
        }
        this.#attach(session)
        return
      } catch (error) {
        fault = error
      }
    }
    throw fault
  }

  #attach (session: Session): void {
    if (!this.#isUp) return void session.close('QUITTING')
    const overlay = session.remote.id.slice(0, 32)
    const light = session.remote.id[32] === 1
    const peer: HivePeer = {
      key: `${this.address}-${session.remote.address}`,
      overlay,
      light,
      initiator: session.initiator,
      record: { overlay, underlays: light ? [] : [`memory://${session.remote.address}`] },
      address: `memory://${session.remote.address}`,
      drop: code => void session.close(code)
    }
    const joined = this.hive.join(peer)
    if (!joined.accepted) return void session.close(joined.code)
    void session.closed.then(() => this.hive.leave(peer))
    this.hive.run(peer, this.world.counted(session.open(hiveSpec))).catch(error => {
      if (!this.#isUp || error.code === 'WIRE_CLOSED' || error.code === 'WIRE_WRITE') return
      this.world.faults.push(error)
    }).finally(() => session.close('SUBPROTOCOL'))
  }
}

/** Many nodes on one virtual clock. */
export class World {
  readonly clock = new VirtualClock()
  readonly random: SeededRandom
  readonly network: Network
  readonly nodes: SimNode[] = []
  readonly faults: unknown[] = []
  readonly dials: [from: string, to: string][] = []
  /** How many messages nodes received. */
  messages = 0
  /** Those of them that tell addresses. */
  gossip: Uint8Array[] = []
  #addresses = 0

  constructor (seed: number, options: NetworkOptions = {}) {
    this.random = new SeededRandom(seed)
    this.network = new Network({ clock: this.clock, random: this.random.fork() }, options)
  }

  add (options: HiveOptions & { light?: boolean, overlay?: Uint8Array, store?: Store } = {}): SimNode {
    const { light = false, overlay = this.random.bytes(32), store = memoryStore(), ...rest } = options
    const node = new SimNode(this, overlay, `n${this.#addresses++}`, light, store, rest)
    this.nodes.push(node)
    return node
  }

  /** Takes a node's place with another on the same store and at another address. */
  async restart (node: SimNode, bootnodes: readonly string[]): Promise<SimNode> {
    node.kill()
    this.nodes.splice(this.nodes.indexOf(node), 1)
    const next = this.add({ overlay: node.overlay, store: node.store, light: node.light })
    await next.start(bootnodes)
    return next
  }

  /** A node that was killed, at the same address and on the same store. */
  again ({ overlay, address, light, store }: SimNode): SimNode {
    const node = new SimNode(this, overlay, address, light, store, {})
    this.nodes.push(node)
    return node
  }

  /** Nodes that are not healthy against the oracle of all full nodes. */
  unhealthy (): SimNode[] {
    const pots = peerPots(this.nodes.filter(({ light }) => !light).map(({ overlay }) => overlay))
    return this.nodes.filter(({ light, overlay, table }) => !light && !table.health(pots.get(toHex(overlay))).healthy)
  }

  async health (within: number): Promise<number> {
    const from = this.clock.now()
    while (this.unhealthy().length > 0) {
      if (this.clock.now() - from > within) throw new Error(`${this.unhealthy().length} nodes are not healthy after ${within} ms (seed ${this.random.seed})`)
      await this.clock.advance(100)
    }
    return this.clock.now() - from
  }

  /** A conn whose messages are counted and kept. */
  counted (conn: Conn): Conn {
    const heard = (message: Uint8Array): void => {
      this.messages++
      if (message[0] === 0) this.gossip.push(message)
    }
    const source = (async function * () {
      for await (const message of conn.source) {
        heard(message)
        yield message
      }
    })()
    return {
      source,
      maxMessageSize: conn.maxMessageSize,
      sink: async messages => conn.sink(messages),
      close: async () => conn.close(),
      abort: reason => conn.abort(reason)
    }
  }

  async stop (): Promise<void> {
    await Promise.all(this.nodes.map(node => node.stop()))
    await this.clock.advance(30_000)
  }
}

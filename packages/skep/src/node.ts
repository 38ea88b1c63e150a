import type { Address, Session } from '@skep/interface'
import { Bzz, DEFAULT_NETWORK_ID } from '@skep/bzz-handshake'
import { chunkAddress, kindOf, MAX_CHUNK_DATA, SPAN_SIZE } from '@skep/chunk'
import { everyValidator } from '@skep/chunk/validators'
import { ChunkStore } from '@skep/chunk-store'
import { Hive } from '@skep/hive'
import { identity, parseUnderlay, type PeerRecord } from '@skep/identity'
import { IntervalsStore } from '@skep/intervals-store'
import { depthOf, Kademlia } from '@skep/kademlia'
import { toHex } from '@skep/pot'
import { Retrieval } from '@skep/retrieval-stream'
import { systemClock, systemRandom } from '@skep/runtime'
import { Streamer, type StreamerTrouble } from '@skep/streamer'
import { SyncStream, type SyncStatus } from '@skep/sync-stream'
import { capabilities, converse, type Host } from './connections.ts'
import { wasmCurve } from './curve.ts'
import { NodeError } from './errors.ts'
import { downloadFile, uploadFile, type Chunks } from './files.ts'
import { metricsOf } from './metrics.ts'
import { inEachNetwork } from './networks.ts'
import type { NodePeer } from './peer.ts'
import { dials, reachOf } from './reach.ts'
import { tcpTransport } from './tcp.ts'
import type { Hello, Listener, Node, NodeEvent, NodeOptions, PeerInfo, Status, Transport } from './types.ts'
import { CLIENT } from './version.ts'

/** How long `stop` waits for connections to end by themselves before it goes on, in milliseconds. */
const STOP_GRACE = 2_000

/** How far a light node has come, which stores nothing. */
const TROUBLE: Record<StreamerTrouble['what'], string> = {
  shrunk: 'has fewer chunks than were recorded: it is followed afresh',
  replaced: 'is not what was recorded any more: it is followed afresh',
  unread: 'is offered again, as its record cannot be read',
  unrecorded: 'could not be recorded',
  reoffered: 'is offered to it again, as what it has taken cannot be read or recorded'
}

const NOTHING_TO_SYNC: SyncStatus = { synced: true, settled: true, lag: 0, stuck: [], streams: [], peers: [] }

/**
 * Starts a node: opens its store, listens, and begins to look for others.
 *
 * @throws NodeError - `LISTEN` or `BAD_UNDERLAY`; what was opened is closed again, but for the stores.
 *
 * @example
 * ```ts
 * import { createNode } from 'skep'
 * import { memoryStore } from '@skep/store-memory'
 *
 * const node = await createNode({ key: new Uint8Array(32).fill(7), store: memoryStore(), listen: ['127.0.0.1:0'] })
 * console.log(node.listen)
 * await node.stop()
 * ```
 */
export async function createNode (options: NodeOptions): Promise<Node> {
  const { store, bodies, clock = systemClock, random = systemRandom, light = false, cache = false, networkId = DEFAULT_NETWORK_ID, log = () => {} } = options
  const curve = await wasmCurve()
  const self = identity(options.key, curve)
  const base = self.overlay
  const bzz = new Bzz({ identity: self, clock, random, curve }, { networkId, light })
  const hello: Hello = { id: self.nodeId, client: CLIENT, capabilities }
  const transports = options.transports ?? [tcpTransport({ clock, random })]
  // Checked before anything is opened.
  const bootnodes = (options.bootnodes ?? []).map(text => {
    const underlay = text.includes('://') ? text : `tcp://${text}`
    const transport = transportFor(transports, underlay)
    try {
      parseUnderlay(underlay)
      transport.check?.(underlay)
    } catch (cause) {
      throw new NodeError('BAD_UNDERLAY', `not an address of a node: ${text}`, { cause })
    }
    return underlay
  })
  const stopping = new AbortController()
  /** What runs with each connection, and how to end it. */
  const conversations = new Map<Promise<void>, AbortController>()
  const listeners = new Set<(event: NodeEvent) => void>()
  const servers: Listener[] = []
  const emit = (event: NodeEvent): void => { for (const listener of listeners) listener(event) }

  const table = new Kademlia<PeerRecord, NodePeer>({ base, clock, random }, transports.length < 2 ? {} : { policy: inEachNetwork(transports.map(({ scheme }) => scheme)) })
  const chunks = await ChunkStore.open({ store, ...(bodies !== undefined && { bodies }), base, clock, random }, {
    // The depth among all peers: what a bridge keeps for a smaller network besides may go when there is no room.
    depth: () => depthOf(table.view().sizes),
    validators: everyValidator,
    onCorrupt: ({ address, why }) => log(`chunk ${toHex(address)} is damaged on disk (${why}): it is fetched again`),
    ...(options.boot !== undefined && { boot: options.boot }),
    ...(options.capacity !== undefined && { capacity: options.capacity }),
    ...(options.durability !== undefined && { durability: options.durability })
  })
  const intervals = new IntervalsStore(store, {
    onCorrupt: ({ peer, stream }, { message }) => log(`what is here of ${stream} of ${peer} is damaged on disk (${message}): it is synced afresh`)
  })
  const streamer = new Streamer({ clock, random, intervals }, {
    onTrouble: ({ peer, stream, what, cause }) => log(`${stream} of ${toHex(peer.overlay)} ${TROUBLE[what]}${cause === undefined ? '' : `: ${reasonOf(cause)}`}`)
  })
  const retrieval = new Retrieval({ overlay: table, streamer, chunks, clock }, { cache, validators: everyValidator })
  const sync = light ? undefined : new SyncStream({ overlay: table, chunks, streamer, clock }, { kinds: everyValidator.map(({ kind }) => kind) })
  const hive = new Hive<NodePeer>({ table, clock, random, store, curve, dial, reach: reachOf(transports) }, { networkId })
  const underlays = (): string[] => servers.map(server => server.underlay)

  const host: Host = {
    bzz,
    hive,
    streamer,
    log,
    nextSerial: () => serial++,
    onPeer (peer, connected) {
      log(`${connected ? 'connected to' : 'left by'} ${peer.name}${peer.light ? ', a light node' : ''}`)
      emit({ type: 'peer', overlay: toHex(peer.overlay), connected })
    }
  }

  let serial = 0
  let begin = (): void => {}
  const started = new Promise<void>(resolve => { begin = resolve })

  /** Leads a session to its end, and remembers it until then. */
  function attach (session: Session, { scheme }: Transport, expected?: Address): Promise<NodePeer> {
    const abort = new AbortController()
    if (stopping.signal.aborted) abort.abort(stopping.signal.reason)
    const { joined, ended } = converse(session, host, { scheme, signal: abort.signal, ...(expected !== undefined && { expected }) })
    conversations.set(ended, abort)
    void ended.finally(() => conversations.delete(ended))
    return joined
  }

  async function dial (target: { readonly overlay?: Address, readonly underlays: readonly string[] }, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const either = AbortSignal.any([signal, stopping.signal])
    let failure: unknown = new NodeError('BAD_UNDERLAY', 'no transport here dials any of its underlays')
    for (const underlay of target.underlays) {
      const transport = transports.find(each => dials(each, underlay))
      if (transport === undefined) continue
      try {
        await attach(await transport.dial(underlay, { hello, signal: either }), transport, target.overlay)
        return
      } catch (error) {
        failure = error
        either.throwIfAborted()
      }
    }
    throw failure
  }

  async function listenOn (address: string): Promise<void> {
    const transport = transportFor(transports, address)
    try {
      servers.push(await transport.listen(address, {
        hello,
        admit: () => !stopping.signal.aborted && hive.admit(false),
        failed: (error, from) => {
          hive.released(false)
          log(`refused ${from}: ${reasonOf(error)}`)
        },
        onSession: session => {
          // Who dials before we know our own addresses waits until we can tell them.
          started.then(async () => await attach(session, transport)).catch((error: unknown) => log(`refused ${session.remote.address ?? 'a remote'}: ${reasonOf(error)}`))
        }
      }))
    } catch (error) {
      if (error instanceof NodeError) throw error
      // The transport's words name the address; what lies under them, the system's, says no more.
      throw new NodeError('LISTEN', `cannot listen on ${address}`, { cause: error instanceof Error ? error.cause ?? error : error })
    }
  }

  try {
    for (const address of options.listen ?? []) await listenOn(address)
    bzz.updateLocalAddr(underlays())
  } catch (error) {
    await Promise.all(servers.map(async server => await server.close()))
    await chunks.close()
    throw error
  }
  await hive.start()
  begin()
  hive.bootstrap(bootnodes)
  sync?.start()

  let depth = table.depth
  let synced = false
  const offTable = table.onChange(() => {
    if (table.depth === depth) return
    depth = table.depth
    log(`depth ${depth}`)
    emit({ type: 'depth', depth })
  })
  const offHive = hive.onEvent(event => {
    if (event.type === 'unreached') log(`cannot reach ${event.target.underlays.join(', ')}: ${reasonOf(event.error)}`)
  })
  /** Overlay addresses of peers whose all is here. */
  let complete = new Set<string>()
  const offSync = sync?.onChange(() => {
    const { synced: now, peers } = sync.status()
    const before = complete
    complete = new Set(peers.flatMap(peer => peer.synced ? [peer.peer] : []))
    for (const { peer } of peers) {
      if (complete.has(peer) !== before.has(peer)) emit({ type: 'peer-synced', overlay: peer, synced: complete.has(peer) })
    }
    if (now === synced) return
    synced = now
    log(synced ? 'synced' : 'syncing')
    emit({ type: 'synced', synced })
  })

  const files: Chunks = {
    put: async batch => await chunks.put(batch, { kind: 'content' }),
    get: getChunk
  }

  async function getChunk (address: Address, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Uint8Array | undefined> {
    // It looks here first.
    return await retrieval.retrieve(address, signal === undefined ? {} : { signal })
  }

  function refuseWrites (): void {
    if (stopping.signal.aborted) throw new NodeError('STOPPED', 'the node has stopped')
    if (light) throw new NodeError('LIGHT_NODE', 'a light node does not store: send it to a full node')
  }

  function status (): Status {
    const reached = sync?.status() ?? NOTHING_TO_SYNC
    return {
      overlay: toHex(base),
      networkId,
      light,
      listen: underlays(),
      depth: table.depth,
      connected: count(table.peers()),
      known: count(table.known()),
      chunks: chunks.size,
      bins: chunks.counts(),
      synced: reached.synced,
      sync: reached,
      streams: streamer.status(),
      transfers: { ...streamer.counters }
    }
  }

  function peers (): PeerInfo[] {
    return [...table.peers()].map(([peer, po]) => ({
      overlay: toHex(peer.overlay), underlay: peer.underlay, light: peer.light, po, outbound: peer.initiator
    }))
  }

  let stopped: Promise<void> | undefined
  async function stop (): Promise<void> {
    stopping.abort(new NodeError('STOPPED', 'the node stops'))
    for (const abort of conversations.values()) abort.abort(stopping.signal.reason)
    offTable()
    offHive()
    offSync?.()
    sync?.stop()
    retrieval.stop()
    await Promise.all(servers.map(async server => await server.close()))
    await hive.stop()
    await streamer.stop()
    let cancel = (): void => {}
    const grace = new Promise<void>(resolve => { cancel = clock.after(STOP_GRACE, resolve) })
    await Promise.race([Promise.allSettled(conversations.keys()), grace])
    cancel()
    await chunks.close()
    await store.close()
    await bodies?.close()
  }

  return {
    overlay: base,
    nodeId: self.nodeId,
    ethereum: self.ethereum,
    publicKey: self.publicKey,
    light,
    get listen () { return underlays() },

    async upload (source, { signal } = {}) {
      refuseWrites()
      return await uploadFile(files, source, { signal: signal === undefined ? stopping.signal : AbortSignal.any([signal, stopping.signal]) })
    },
    async download (reference, range = {}) {
      return await downloadFile(files, reference, range)
    },
    getChunk,
    async putChunk (data, address) {
      refuseWrites()
      if (address === undefined && (data.length < SPAN_SIZE || data.length > MAX_CHUNK_DATA)) {
        throw new NodeError('BAD_CHUNK', `a chunk has ${SPAN_SIZE} to ${MAX_CHUNK_DATA} bytes, not ${data.length}`)
      }
      const at = address ?? chunkAddress(data)
      const kind = address === undefined ? 'content' : kindOf(at, data, everyValidator)
      if (kind === undefined) throw new NodeError('BAD_CHUNK', `the bytes are no chunk of ${toHex(at)}, of any kind`)
      await chunks.put([{ address: at, data }], { kind })
      return at
    },
    hasLocal: async addresses => await chunks.hasMany([...addresses]),

    status: async () => status(),
    async metrics () {
      return metricsOf({ status: status(), peers: peers(), counters: streamer.counters, load: streamer.load })
    },
    peers,
    topology () {
      const bins = new Map<number, { po: number, connected: string[], known: string[] }>()
      const bin = (po: number) => {
        let it = bins.get(po)
        if (it === undefined) bins.set(po, it = { po, connected: [], known: [] })
        return it
      }
      for (const [peer, po] of table.peers()) bin(po).connected.push(toHex(peer.overlay))
      for (const [record, po] of table.known()) bin(po).known.push(toHex(record.overlay))
      return { depth: table.depth, bins: [...bins.values()].sort((a, b) => a.po - b.po) }
    },
    health () {
      const { healthy, missing } = table.health()
      return { healthy, missing: missing.map(({ overlay }) => toHex(overlay)) }
    },
    table: () => table.toString(),
    onEvent (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    stop: async () => await (stopped ??= stop())
  }
}

function transportFor (transports: readonly Transport[], address: string): Transport {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address)?.[1] ?? 'tcp'
  const transport = transports.find(candidate => candidate.scheme === scheme)
  if (transport === undefined) throw new NodeError('BAD_UNDERLAY', `no transport for ${scheme}:// here`)
  return transport
}

function reasonOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function count (items: Iterable<unknown>): number {
  let n = 0
  for (const _ of items) n++
  return n
}

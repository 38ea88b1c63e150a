import { toHex } from '@skep/pot'
import type { Hono } from 'hono'
import type { Backend } from './backend.ts'
import type { ApiEnv } from './env.ts'
import type { ApiSettings } from './options.ts'

/** The version of Bee's API whose paths and shapes these are; its clients compare the major number. */
export const BEE_API_VERSION = '7.3.0'

/** Bins of Bee's topology; its clients read every one of them (`bin_0` to `bin_31`). */
const BEE_BINS = 32

/** Connected peers from which on a bin counts as a neighbourhood, in Bee's words; ours is the table's n (architecture, "Depth"). */
const NEIGHBOURS = 2

/** What a node says of itself: `/health`, `/readiness`, `/node`, `/addresses`, `/peers`, `/topology`, `/status`, `/table`. */
export function infoRoutes (app: Hono<ApiEnv>, backend: Backend, options: ApiSettings): void {
  const versions = { version: options.version, apiVersion: BEE_API_VERSION }
  const beeMode = backend.light ? 'light' : 'full'

  app.get('/', c => c.text(`${options.version}\n`))

  app.get('/health', c => c.json({ status: 'ok', ...versions }))

  app.get('/readiness', c => {
    const ready = backend.peers().length > 0
    return c.json({ status: ready ? 'ready' : 'notReady', ...versions }, ready ? 200 : 503)
  })

  app.get('/node', c => c.json({ beeMode, chequebookEnabled: false, swapEnabled: false }))

  app.get('/addresses', c => {
    const publicKey = toHex(compressed(backend.publicKey))
    return c.json({
      overlay: toHex(backend.overlay),
      underlay: backend.listen,
      ethereum: toHex(backend.ethereum),
      publicKey,
      pssPublicKey: publicKey
    })
  })

  app.get('/peers', c => c.json({
    peers: backend.peers().map(({ overlay, light, ...more }) => ({ address: overlay, fullNode: !light, ...more }))
  }))

  app.get('/topology', c => c.json(topology(backend, options)))

  app.get('/table', c => c.text(backend.table()))

  app.get('/status', async c => {
    const status = await backend.status()
    const near = status.bins.reduce((sum, count, po) => po >= status.depth ? sum + count : sum, 0)
    return c.json({
      // Bee's own fields first, so that its clients can read this; what has no meaning here is zero.
      proximity: 0,
      beeMode,
      reserveSize: status.chunks,
      reserveSizeWithinRadius: near,
      pullsyncRate: 0,
      storageRadius: status.depth,
      connectedPeers: status.connected,
      neighborhoodSize: backend.peers().filter(({ light, po }) => !light && po >= status.depth).length,
      batchCommitment: 0,
      isReachable: backend.listen.length > 0,
      lastSyncedBlock: 0,
      committedDepth: status.depth,
      isWarmingUp: false,
      ...status
    })
  })
}

function topology (backend: Backend, { clock }: ApiSettings): object {
  const { depth, bins } = backend.topology()
  const shown = Array.from({ length: BEE_BINS }, (_, po) => {
    const here = bins.filter(bin => Math.min(bin.po, BEE_BINS - 1) === po)
    const connected = here.flatMap(bin => bin.connected)
    const others = here.flatMap(bin => bin.known).filter(overlay => !connected.includes(overlay))
    return {
      population: connected.length + others.length,
      connected: connected.length,
      connectedPeers: connected.map(address => ({ address })),
      disconnectedPeers: others.map(address => ({ address }))
    }
  })
  const sum = (of: 'population' | 'connected'): number => shown.reduce((total, bin) => total + bin[of], 0)
  return {
    baseAddr: toHex(backend.overlay),
    population: sum('population'),
    connected: sum('connected'),
    timestamp: new Date(clock.wall()).toISOString(),
    nnLowWatermark: NEIGHBOURS,
    depth,
    reachability: 'Unknown',
    networkAvailability: 'Unknown',
    bins: Object.fromEntries(shown.map((bin, po) => [`bin_${po}`, bin]))
  }
}

/** The 33-byte form of an uncompressed key: the parity of y, then x (SEC 1 §2.3.3). */
function compressed (key: Uint8Array): Uint8Array {
  const out = new Uint8Array(33)
  out[0] = 2 + (key[64]! & 1)
  out.set(key.subarray(1, 33), 1)
  return out
}

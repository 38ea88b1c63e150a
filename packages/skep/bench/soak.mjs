// Eight `skep node` processes take random chunks, four in five of them content and the others updates, while one
// of them is killed each second (SIGKILL) and started again. Afterwards every chunk that was stored lies at every
// node responsible for it, hardly one came twice, and `skep start` still ends ok. Progress on stderr, one line at the end; exit code 1 if something does not hold.
// After a build: node bench/soak.mjs [--seconds 60] [--chunks 5000] [--seed 1] [--nodes 8]
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { split } from '@skep/chunk'
import { encodeMetadata, metadataAddress, metadataHash } from '@skep/chunk/validators'
import { fromHex, toHex } from '@skep/pot'
import { SeededRandom } from '@skep/sim'
import { GlobalView } from '../dist/start/oracle.js'

const COMMAND = fileURLToPath(new URL('../bin/skep.js', import.meta.url))
/** Chunks of one upload, and those of them whose address is not the hash of their content. */
const PART = 50
const UPDATES = 10
/** Bodies that may come in vain for each that is stored. What a process had received and not stored when it was killed is lost, and none of these. */
const MOST_IN_VAIN = 0.02
/** How long nodes may take to be in order after the last kill, in milliseconds. */
const SETTLE = 120_000
/** Addresses on one command line. */
const ASKED_AT_ONCE = 1000

const { values } = parseArgs({ options: {
  seconds: { type: 'string', default: '60' }, chunks: { type: 'string', default: '5000' }, seed: { type: 'string', default: '1' }, nodes: { type: 'string', default: '8' }
} })
const [seconds, count, seed, size] = [values.seconds, values.chunks, values.seed, values.nodes].map(Number)
const random = new SeededRandom(seed)
const folder = mkdtempSync(join(tmpdir(), 'skep-soak-'))
const began = Date.now()
const say = line => process.stderr.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}\n`)

/** A node that is started again whenever its process ends. */
class Soaked {
  ready
  kills = 0
  starts = 0
  /** What came and was stored in the lives that are over, as each told shortly before its end. */
  totals = { received: 0, stored: 0, duplicates: 0 }
  #stopping = false

  constructor (i) {
    this.name = `node ${i}`
    this.data = join(folder, `${i}`)
  }

  async start (bootnodes) {
    const port = url => url === undefined ? '127.0.0.1:0' : url.replace(/^\w+:\/\//, '')
    const words = ['node', '--data', this.data, '--json', '--until-stdin-ends', '--listen', port(this.last?.listen), '--api', port(this.last?.api), ...bootnodes.flatMap(url => ['--bootnode', url])]
    this.child = spawn(process.execPath, [COMMAND, ...words], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.child.stdin.on('error', () => {})
    const log = []
    createInterface(this.child.stderr).on('line', line => { log.push(line); if (log.length > 5) log.shift() })
    const ended = new Promise(resolve => this.child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`)))
    const line = await Promise.race([new Promise(resolve => createInterface(this.child.stdout).once('line', resolve)), ended.then(() => undefined)])
    if (line !== undefined) {
      this.ready = this.last = JSON.parse(line)
      this.starts++
    }
    this.ended = ended.then(async how => {
      this.ready = undefined
      if (this.#stopping) return
      if (how !== 'SIGKILL') say(`${this.name} ended by itself (${how}): ${log.join(' | ')}`)
      await sleep(200)
      await this.start(bootnodes)
    })
  }

  async kill () {
    const { child } = this
    // What it says is gone with it. One that does not answer at once is killed all the same.
    await this.count(1000).catch(() => {})
    this.kills++
    child.kill('SIGKILL')
  }

  /** Adds what this life has received so far. What comes until it ends is in neither of the sums. */
  async count (patience) {
    const { transfers } = await this.ask('/status', {}, patience)
    this.totals.received += transfers.bodiesReceived
    this.totals.stored += transfers.bodiesStored
    this.totals.duplicates += transfers.duplicates
  }

  async ask (path, options = {}, patience = 20_000) {
    const response = await fetch(`${this.ready.api}${path}`, { ...options, signal: AbortSignal.timeout(patience) })
    if (!response.ok) throw new Error(`${this.name} ${path}: ${response.status}`)
    return await response.json()
  }

  async stop () {
    this.#stopping = true
    this.child.kill('SIGTERM')
    await this.ended
  }
}

const nodes = Array.from({ length: size }, (_, i) => new Soaked(i))
let failure
let summary = ''
try {
  await nodes[0].start([])
  await nodes[1].start([nodes[0].ready.listen])
  const bootnodes = [nodes[0].ready.listen, nodes[1].ready.listen]
  await Promise.all(nodes.slice(2).map(node => node.start(bootnodes)))
  say(`${size} nodes run; ${count} chunks, a kill each second for ${seconds} s, seed ${seed}`)

  const stored = new Set()
  let uploads = 0
  let over = false
  const end = Date.now() + seconds * 1000
  const uploading = (async () => {
    const parts = Math.ceil(count / PART)
    for (let part = 0; part < parts; part++) {
      // The leaves, and the root over them.
      const size = Math.min(PART, count - part * PART)
      const updates = Array.from({ length: Math.max(0, Math.min(UPDATES, size - 2)) }, makeUpdate)
      const file = random.bytes((size - updates.length - 1) * 4096)
      const addresses = []
      for await (const { address } of split((async function * () { yield file })(), { rule: 'bee' })) addresses.push(toHex(address))
      while (true) {
        const node = random.pick(nodes)
        try {
          await node.ask('/bytes', { method: 'POST', body: file })
          await Promise.all(updates.map(async ({ address, data }) => node.ask(`/chunks/${address}`, { method: 'POST', body: data })))
          break
        } catch {
          // It was killed, or is not up yet: the file goes to another.
          uploads++
          await sleep(100)
        }
      }
      for (const address of [...addresses, ...updates.map(({ address }) => address)]) stored.add(address)
      const left = end - Date.now()
      if (left > 0) await sleep(left / (parts - part))
    }
  })()
  const killing = (async () => {
    while (Date.now() < end) {
      await sleep(Math.min(1000, Math.max(0, end - Date.now())))
      const running = nodes.filter(({ ready }) => ready !== undefined)
      if (running.length > 0) await random.pick(running).kill()
    }
  })()
  const telling = (async () => {
    while (!over) {
      await sleep(5000)
      if (!over) say(`${nodes.reduce((sum, { kills }) => sum + kills, 0)} kills, ${stored.size} chunks stored, ${uploads} uploads cut and made again`)
    }
  })()
  await Promise.all([uploading, killing])
  over = true
  const kills = nodes.reduce((sum, node) => sum + node.kills, 0)
  say(`${kills} kills; all nodes run on now`)

  const settled = Date.now()
  const addresses = [...stored]
  let missing
  while (true) {
    try {
      const view = new GlobalView(nodes.map(({ last }) => fromHex(last.overlay)))
      missing = 0
      let due = 0
      for (const node of nodes) {
        const ours = addresses.filter(address => view.isResponsible(node.last.overlay, address))
        due += ours.length
        for (let at = 0; at < ours.length; at += 4096) {
          const { has } = await node.ask('/chunks/has', { method: 'POST', body: JSON.stringify({ addresses: ours.slice(at, at + 4096) }) })
          missing += has.filter(here => !here).length
        }
      }
      const statuses = await Promise.all(nodes.map(node => node.ask('/status')))
      const behind = statuses.filter(({ synced }) => !synced).length
      if (missing === 0 && behind === 0) {
        summary = `${kills} kills, ${addresses.length} chunks, ${due} places of responsibility, in order ${((Date.now() - settled) / 1000).toFixed(1)} s after the last upload`
        break
      }
      say(`${missing} of ${due} chunks missing where they belong, ${behind} nodes behind`)
    } catch (error) {
      say(`not all nodes answer: ${error.message}`)
    }
    if (Date.now() - settled > SETTLE) throw new Error(`after ${SETTLE / 1000} s ${missing} chunks are missing where they belong, or a node does not know that it has all`)
    await sleep(1000)
  }
  await telling

  const view = new GlobalView(nodes.map(({ last }) => fromHex(last.overlay)))
  for (const node of nodes) {
    const ours = addresses.filter(address => view.isResponsible(node.last.overlay, address))
    for (let at = 0; at < ours.length; at += ASKED_AT_ONCE) {
      const code = await run(['has', ...ours.slice(at, at + ASKED_AT_ONCE), '--api', node.last.api])
      if (code !== 0) throw new Error(`skep has at ${node.name}: exit code ${code}`)
    }
  }
  say('skep has says so of each')

  await Promise.all(nodes.map(node => node.count()))
  const [received, kept, duplicates] = ['received', 'stored', 'duplicates'].map(name => nodes.reduce((sum, { totals }) => sum + totals[name], 0))
  summary += `, ${kept} bodies stored, ${duplicates} came in vain, ${received - kept - duplicates} went with the processes`
  if (duplicates > MOST_IN_VAIN * kept) throw new Error(`${kept} bodies were stored, and ${duplicates} came in vain`)
} catch (error) {
  failure = error
} finally {
  await Promise.all(nodes.filter(({ child }) => child !== undefined).map(node => node.stop().catch(() => {})))
}
if (failure === undefined) {
  const file = join(folder, 'file')
  writeFileSync(file, random.bytes(2_000_000))
  const code = await run(['start', file])
  say(`skep start ${code === 0 ? 'ends ok' : `fails: exit code ${code}`}`)
  if (code !== 0) failure = new Error('skep start does not end ok')
}
rmSync(folder, { recursive: true, force: true })
process.stdout.write(failure === undefined ? `ok: seed ${seed}, ${summary}\n` : `FAILED: seed ${seed}: ${failure.message}\n`)
process.exitCode = failure === undefined ? 0 : 1

/** A chunk that says under which name its owner publishes updates: its address is the hash of that, not of the chunk. */
function makeUpdate () {
  const owner = random.bytes(20)
  const data = encodeMetadata({ startTime: 0n, frequency: 60n, name: random.bytes(16), owner })
  return { address: toHex(metadataAddress(metadataHash(data), owner)), data }
}

async function run (words) {
  const child = spawn(process.execPath, [COMMAND, ...words], { stdio: 'ignore' })
  return await new Promise(resolve => child.once('close', resolve))
}

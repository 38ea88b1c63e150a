// Node B downloads N random chunks from node A over loopback TCP: two processes, both on LevelDB,
// everything as `skep node` does it. One line of JSON. After a build: node bench/sync.mjs [N] [tcp|rlpx]
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, systemRandom } from '@skep/runtime'
import { createNode, rlpxTransport, tcpTransport } from 'skep'
import { openStores } from '../dist/cli/data-folder.js'
import { tuneEngine } from '../dist/cli/engine.js'

tuneEngine()

let stored
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6 }
const peak = () => Math.round(process.resourceUsage().maxRSS / 1024)
/** A Store that counts what was put: asking the node for its status ten times a second would take a tenth of the time. */
const counted = store => {
  const own = { puts: 0, get: key => store.get(key), getMany: keys => store.getMany(keys), range: options => store.range(options), close: () => store.close() }
  return Object.assign(own, { batch: async (operations, options) => { await store.batch(operations, options); own.puts += operations.length } })
}
const start = async ({ store, bodies }, transport, options) => {
  const key = systemRandom.bytes(32)
  const needs = { clock: systemClock, random: systemRandom, key }
  stored = counted(bodies)
  return await createNode({ key, store, bodies: stored, transports: [transport === 'rlpx' ? rlpxTransport(needs) : tcpTransport(needs)], ...options })
}

if (process.argv[2] === '--source') {
  const [folder, count, transport] = process.argv.slice(3)
  process.on('disconnect', () => process.exit())
  const node = await start(await openStores(folder), transport, { listen: [`${transport === 'rlpx' ? 'enode' : 'tcp'}://127.0.0.1:0`] })
  async function * random () {
    for (let left = Number(count) * 4096; left > 0; left -= 65_536) yield systemRandom.bytes(Math.min(left, 65_536))
  }
  const began = performance.now()
  const { chunks } = await node.upload(random())
  const upload = (performance.now() - began) / 1000
  const before = cpu()
  process.on('message', async () => {
    const { transfers } = await node.status()
    process.send({ cpu: cpu() - before, peak: peak(), transfers })
    await node.stop()
    process.exit()
  })
  process.send({ chunks, upload, listen: node.listen[0] })
} else {
  const count = Number(process.argv[2] ?? 20_000)
  const transport = process.argv[3] ?? 'tcp'
  const folder = mkdtempSync(join(tmpdir(), 'skep-bench-'))
  const source = fork(process.argv[1], ['--source', join(folder, 'a'), String(count), transport])
  const message = () => new Promise(resolve => source.once('message', resolve))
  try {
    const { chunks, upload, listen } = await message()
    // What is there before the first chunk can come is not measured, as with the peers.
    const stores = await openStores(join(folder, 'b'))
    const before = cpu()
    const began = performance.now()
    const node = await start(stores, transport, { bootnodes: [listen] })
    while (stored.puts < chunks || (await node.status()).chunks < chunks) await new Promise(resolve => setTimeout(resolve, 20))
    const seconds = (performance.now() - began) / 1000
    const used = cpu() - before
    source.send('figures')
    const theirs = await message()
    const { transfers } = await node.status()
    process.stdout.write(JSON.stringify({
      system: `skep over ${transport}`, chunks, seconds: round(seconds, 2), chunksPerSecond: Math.round(chunks / seconds),
      cpuMicrosPerChunk: round((used + theirs.cpu) / chunks * 1e6, 1), cpuReceiver: round(used, 2), cpuSender: round(theirs.cpu, 2),
      peakMiBReceiver: peak(), peakMiBSender: theirs.peak, uploadChunksPerSecond: Math.round(chunks / upload),
      bodiesReceived: transfers.bodiesReceived, bodiesStored: transfers.bodiesStored, duplicates: transfers.duplicates
    }) + '\n')
    await node.stop()
  } finally {
    if (source.exitCode === null && source.signalCode === null) {
      const left = new Promise(resolve => source.once('exit', resolve))
      source.kill()
      await left
    }
    rmSync(folder, { recursive: true, force: true })
  }
}

function round (value, digits) {
  return Number(value.toFixed(digits))
}

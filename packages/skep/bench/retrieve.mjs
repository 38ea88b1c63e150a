// How long a retrieve request takes while a whole history comes in: node B syncs N chunks from node A over loopback TCP,
// two processes, both on LevelDB, and meanwhile asks for chunks that come late in that history, one after the other.
// One line of JSON, milliseconds. After a build: node bench/retrieve.mjs [N]
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromHex, toHex } from '@skep/pot'
import { systemRandom } from '@skep/runtime'
import { split } from '@skep/chunk'
import { createNode } from 'skep'
import { openStores } from '../dist/cli/data-folder.js'
import { tuneEngine } from '../dist/cli/engine.js'

tuneEngine()

/** Pause between an answer and the next request. */
const PAUSE = 5

const start = async (folder, options) => await createNode({ key: systemRandom.bytes(32), ...await openStores(folder), ...options })

if (process.argv[2] === '--source') {
  const [folder, count] = process.argv.slice(3)
  process.on('disconnect', () => process.exit())
  const node = await start(folder, { listen: ['127.0.0.1:0'] })
  const late = []
  const parts = 10
  for (let part = 0; part < parts; part++) {
    const file = systemRandom.bytes(Math.floor(Number(count) / parts) * 4096)
    const source = async function * () { yield file }
    // What is stored last is offered last, bin by bin.
    if (part === parts - 1) for await (const { address } of split(source(), { rule: 'bee' })) late.push(toHex(address))
    await node.upload(source())
  }
  process.on('message', async () => {
    await node.stop()
    process.exit()
  })
  process.send({ late, chunks: (await node.status()).chunks, listen: node.listen[0] })
} else {
  const count = Number(process.argv[2] ?? 20_000)
  const folder = mkdtempSync(join(tmpdir(), 'skep-bench-'))
  const source = fork(process.argv[1], ['--source', join(folder, 'a'), String(count)])
  try {
    const { late, chunks, listen } = await new Promise(resolve => source.once('message', resolve))
    const node = await start(join(folder, 'b'), { bootnodes: [listen] })
    while ((await node.status()).chunks === 0) await new Promise(resolve => setTimeout(resolve, 2))
    const times = []
    let here = 0
    const began = performance.now()
    // From the end of the history, so that it does not catch up.
    for (const address of late.reverse().map(fromHex)) {
      if (node.peers().length === 0) throw new Error('the connection is gone')
      if ((await node.status()).chunks >= chunks * 0.9) break
      if ((await node.hasLocal([address]))[0]) {
        here++
        continue
      }
      const asked = performance.now()
      if (await node.getChunk(address) === undefined) throw new Error(`${toHex(address)} was not found`)
      times.push(performance.now() - asked)
      await new Promise(resolve => setTimeout(resolve, PAUSE))
    }
    const seconds = (performance.now() - began) / 1000
    const synced = (await node.status()).chunks
    times.sort((a, b) => a - b)
    const at = share => Number((times[Math.floor(times.length * share)] ?? NaN).toFixed(2))
    const { transfers } = await node.status()
    process.stdout.write(JSON.stringify({
      requests: times.length, median: at(0.5), p90: at(0.9), p99: at(0.99), max: at(0.99999),
      alreadyHere: here, seconds: Number(seconds.toFixed(2)), syncedMeanwhile: synced, ofChunks: chunks,
      fetched: transfers.bodiesFetched, bodiesReceived: transfers.bodiesReceived, bodiesStored: transfers.bodiesStored, duplicates: transfers.duplicates
    }) + '\n')
    await node.stop()
  } finally {
    const left = new Promise(resolve => source.once('exit', resolve))
    source.kill()
    await left
    rmSync(folder, { recursive: true, force: true })
  }
}

import { makeChunk } from '@skep/chunk'
import { ChunkStore } from '@skep/chunk-store'
import { systemClock, systemRandom } from '@skep/runtime'
import { levelStore } from '@skep/store-level'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** Kills in this run. `KILLS=200 pnpm --filter @skep/chunk-store test kill` is the long form. */
const KILLS = Number(process.env['KILLS'] ?? 5)

const CAPACITY = 600
const child = join(import.meta.dirname, 'put-until-killed.mjs')
const built = ['chunk-store', 'chunk', 'store-level', 'runtime'].every(name => existsSync(join(import.meta.dirname, '../..', name, 'dist/index.js')))

// The child runs what was built: Node 20 does not read TypeScript.
test.skipIf(!built)(`a process that puts is killed ${KILLS} times: what had resolved is there, and nothing points at nothing`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skep-kill-'))
  try {
    let next = 0
    let epoch: string | undefined
    const told = new Map<string, string>()
    for (let kill = 0; kill < KILLS; kill++) {
      const resolved = await putUntilKilled(folder, next, 1 + kill * 7 % 40)
      const store = await levelStore(join(folder, 'store'))
      const bodies = await levelStore(join(folder, 'bodies'))
      const chunks = await ChunkStore.open({ store, bodies, base: new Uint8Array(32), clock: systemClock, random: systemRandom }, { capacity: CAPACITY })
      expect(chunks.epoch).toBe(epoch ??= chunks.epoch)
      for await (const fault of chunks.verify()) expect.fail(`after kill ${kill}: ${fault.code} in bin ${fault.bin}`)
      // The last ones that resolved; earlier ones may have made room meanwhile.
      for (const from of resolved.slice(-CAPACITY / 8 / 2)) {
        for (let i = 0; i < 8; i++) {
          const chunk = makeChunk(payload(from + i))
          expect(await chunks.get(chunk.address)).toEqual(chunk.data)
        }
      }
      for (let bin = 0; bin <= 16; bin++) {
        for (const { index, address } of await chunks.entries(bin, 1, undefined, 10_000)) {
          const hex = Buffer.from(address).toString('hex')
          expect(told.get(`${bin}/${index}`) ?? hex).toBe(hex)
          told.set(`${bin}/${index}`, hex)
        }
      }
      expect(chunks.size).toBeLessThanOrEqual(CAPACITY)
      await chunks.close()
      await store.close()
      await bodies.close()
      next = Math.max(next, ...resolved) + 1_000
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 60_000 + KILLS * 15_000)

function payload (n: number): Uint8Array {
  const bytes = new Uint8Array(4_096)
  new DataView(bytes.buffer).setUint32(0, n)
  return bytes
}

/** Kills the child as soon as it has told of `after` puts. Returns the first number of each put that had resolved. */
async function putUntilKilled (folder: string, first: number, after: number): Promise<number[]> {
  const putting = spawn(process.execPath, [child, folder, String(first)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let complaint = ''
  putting.stderr.on('data', (bytes: Buffer) => { complaint += bytes.toString() })
  putting.stdout.on('data', (bytes: Buffer) => {
    said += bytes.toString()
    if (said.split('\n').length > after) putting.kill('SIGKILL')
  })
  const signal = await new Promise(resolve => { putting.on('close', (_, by) => resolve(by)) })
  if (signal !== 'SIGKILL') throw new Error(`the child ended by itself: ${complaint}`)
  return said.split('\n').slice(0, -1).map(Number)
}

/**
 * Removes the folder named in its first argument once stdin ends.
 *
 * Run by `skep start` as a process of its own: the other end of stdin is the job, and it
 * ends with it in every case.
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Nodes that lost their parent need a moment to stop, and write until then. */
const ATTEMPTS = 20
const PAUSE = 500

const folder = process.argv[2]
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})
process.stdin.resume().on('error', () => {})
await new Promise(resolve => process.stdin.once('close', resolve).once('end', resolve))
for (let i = 0; i < ATTEMPTS && folder !== undefined && existsSync(folder); i++) {
  await rm(folder, { recursive: true, force: true }).catch(() => {})
  await sleep(PAUSE)
}
process.exit()

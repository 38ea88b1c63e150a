import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Child } from './member.ts'

/** This package's command. */
const COMMAND = fileURLToPath(new URL('../../bin/skep.js', import.meta.url))

/**
 * Starts `skep` with these words as a process of its own.
 *
 * It gets a group of its own, so that a Ctrl-C reaches us alone and we end it in order; its
 * stdin is a pipe from us, which ends when we do, however we do.
 */
export function spawnSkep (words: readonly string[]): Child {
  const child = spawn(process.execPath, [COMMAND, ...words], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  const lines = { stdout: createInterface(child.stdout), stderr: createInterface(child.stderr) }
  return {
    onLine: (stream, listener) => { lines[stream].on('line', listener) },
    ended: endOf(child),
    kill: signal => { child.kill(signal) }
  }
}

/** Resolves when the process has ended and its output has been read, or when it could not be started. */
async function endOf (child: ChildProcess): Promise<string> {
  return await new Promise(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
}

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../../bin/skep.js', import.meta.url))

export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A process of the real command. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly outcome: Promise<Outcome>
}

/** What a node says when it is ready. */
export interface ReadyLine {
  readonly ready: true
  readonly overlay: string
  readonly listen: string
  /** All that `listen` is the first of. */
  readonly underlays: readonly string[]
  readonly api: string
  readonly pid: number
}

export interface RunningNode extends Running, ReadyLine {
  stop (signal?: NodeJS.Signals): Promise<Outcome>
}

/** Runs the real command, and gathers what it writes. */
export function run (args: readonly string[], options: { readonly cwd?: string, readonly env?: NodeJS.ProcessEnv } = {}): Running {
  const child = spawn(process.execPath, [COMMAND, ...args], { ...options, env: { ...process.env, SKEP_API: undefined, ...options.env } })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (part: Buffer) => out.push(part))
  child.stderr.on('data', (part: Buffer) => err.push(part))
  child.stdin.on('error', () => {})
  const outcome = new Promise<Outcome>(resolve => child.on('close', (code, signal) => {
    resolve({ code, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() })
  }))
  return { child, outcome }
}

/** Runs the real command to its end, with `input` as its stdin. */
export async function skep (args: readonly string[], input: string | Uint8Array = ''): Promise<Outcome> {
  const { child, outcome } = run(args)
  child.stdin.end(input)
  return await outcome
}

/** Folders and nodes of one test file, and their end. */
export class Bench {
  readonly #nodes: Running[] = []
  #folder: string | undefined

  /** A path in a folder that goes with the test. */
  async path (name: string): Promise<string> {
    this.#folder ??= await mkdtemp(path.join(tmpdir(), 'skep-test-'))
    return path.join(this.#folder, name)
  }

  /** Starts a node on a folder of that name, and waits until it is ready. */
  async node (name: string, ...args: string[]): Promise<RunningNode> {
    const running = run(['node', '--data', await this.path(name), '--json', '--until-stdin-ends', ...args])
    this.#nodes.push(running)
    const ready = await new Promise<ReadyLine>((resolve, reject) => {
      createInterface(running.child.stdout).once('line', line => resolve(JSON.parse(line) as ReadyLine))
      void running.outcome.then(({ stderr }) => reject(new Error(`the node ended: ${stderr}`)))
    })
    return {
      ...running,
      ...ready,
      async stop (signal = 'SIGTERM') {
        running.child.kill(signal)
        return await running.outcome
      }
    }
  }

  /** Ends every node and removes the folder. */
  async end (): Promise<void> {
    for (const { child } of this.#nodes) child.kill('SIGKILL')
    await Promise.all(this.#nodes.map(async ({ outcome }) => await outcome))
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true })
  }
}

/** Looks again and again until it is so. */
export async function until (what: string, done: () => Promise<boolean> | boolean, within = 40_000): Promise<void> {
  const end = Date.now() + within
  while (!await done()) {
    if (Date.now() > end) throw new Error(`not within ${within} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** Whether a process runs. */
export function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

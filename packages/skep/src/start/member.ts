import type { Clock } from '@skep/interface'
import { CliError } from '../cli/errors.ts'
import { wait } from './wait.ts'

/** A process that was started. */
export interface Child {
  /** Calls `listener` with each whole line. */
  onLine (stream: 'stdout' | 'stderr', listener: (line: string) => void): void
  /** Resolves, when the process has ended, with how: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>
  kill (signal: 'SIGTERM' | 'SIGKILL'): void
}

/** What a node says of itself when it is ready. */
export interface Ready {
  readonly overlay: string
  readonly listen: string
  readonly api: string
  readonly pid: number
}

export interface MemberNeeds {
  readonly name: string
  readonly clock: Clock
  /** Starts the process. `last` is what the one before it said; its ports are to be used again, unless `freshPorts`. */
  spawn (last: Ready | undefined, freshPorts: boolean): Child
  /** Told of everything that is worth a line. */
  tell (line: string): void
}

/** Time for a process to become ready, in milliseconds: eight of them share two cores while they load. */
const READY_WITHIN = 30_000
/** Starts in a row that may come to nothing by themselves before the node is given up. */
const MAX_FAILURES = 8
/** Starts in a row that somebody may put an end to before the node is given up. */
const MAX_KILLS = 64
/** Starts in a row on the old ports before others are taken: somebody else may have got one meanwhile. */
const SAME_PORTS = 4
/** Pause before a start, in milliseconds; doubled after each that came to nothing. */
const PAUSE = 100
/** Pause that is not exceeded, in milliseconds. */
const MAX_PAUSE = 2_000
/** Time for a process to stop by itself, in milliseconds. The command promises 5 s. */
const STOP_WITHIN = 6_000
/** Lines of stderr that are kept for when something fails. */
const KEPT_LINES = 8

/**
 * One node that always runs: its process is started again whenever it ends, for whatever reason.
 *
 * It is given up only when it does not become ready many times in a row, or is not let.
 */
export class Member {
  readonly #needs: MemberNeeds
  readonly #stopping = new AbortController()
  readonly #log: string[] = []
  #child: Child | undefined
  #current: Ready | undefined
  #last: Ready | undefined
  #starts = 0
  #failure: Error | undefined
  #loop: Promise<void> = Promise.resolve()
  #waiting: Array<() => void> = []

  constructor (needs: MemberNeeds) {
    this.#needs = needs
  }

  get name (): string {
    return this.#needs.name
  }

  /** How often its process was ready. */
  get starts (): number {
    return this.#starts
  }

  /** What it said when it was last ready, running or not. */
  get last (): Ready | undefined {
    return this.#last
  }

  /** The last lines it wrote to stderr. */
  get log (): readonly string[] {
    return this.#log
  }

  /** Begins; `ready` tells when it has. */
  start (): void {
    this.#loop = this.#run().catch((error: unknown) => {
      this.#failure = error as Error
      this.#wake()
    })
  }

  /**
   * Waits until the process runs and is ready.
   *
   * @throws CliError - when the node was given up.
   */
  async ready (signal: AbortSignal): Promise<Ready> {
    while (this.#current === undefined) {
      signal.throwIfAborted()
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>((resolve, reject) => {
        const abort = (): void => reject(signal.reason as Error)
        signal.addEventListener('abort', abort, { once: true })
        this.#waiting.push(() => {
          signal.removeEventListener('abort', abort)
          resolve()
        })
      })
    }
    return this.#current
  }

  /** Kills the process as a power cut would. It will be started again. */
  kill (): void {
    this.#child?.kill('SIGKILL')
  }

  /** Ends the process and does not start it again. Idempotent. */
  async stop (): Promise<void> {
    this.#stopping.abort(new CliError(`${this.name} was stopped`))
    const child = this.#child
    if (child !== undefined) {
      child.kill('SIGTERM')
      const cancel = this.#needs.clock.after(STOP_WITHIN, () => child.kill('SIGKILL'))
      await child.ended
      cancel()
    }
    await this.#loop
  }

  async #run (): Promise<void> {
    const { clock, spawn, tell } = this.#needs
    const { signal } = this.#stopping
    let failures = 0
    let kills = 0
    while (!signal.aborted) {
      const child = spawn(this.#last, failures >= SAME_PORTS)
      this.#child = child
      const wasReady = await this.#follow(child)
      this.#child = undefined
      if (signal.aborted) return
      const end = await child.ended
      if (wasReady) failures = kills = 0
      else if (end.startsWith('SIG')) kills++
      else failures++
      if (failures >= MAX_FAILURES || kills >= MAX_KILLS) {
        throw new CliError(`${this.name} does not start: ${this.#log.at(-1) ?? 'it says nothing'}`)
      }
      tell(`${this.name} ended (${end}), and is started again`)
      // A process that was killed has nothing to say about it.
      if (!end.startsWith('SIG')) for (const line of this.#log.splice(0)) tell(`${this.name}: ${line}`)
      await wait(clock, Math.min(MAX_PAUSE, PAUSE * 2 ** (failures + kills)), signal).catch(() => {})
    }
  }

  /** Follows one process to its end. Resolves with whether it became ready. */
  async #follow (child: Child): Promise<boolean> {
    let wasReady = false
    const tooLate = this.#needs.clock.after(READY_WITHIN, () => {
      this.#log.push(`not ready within ${READY_WITHIN / 1000} s`)
      child.kill('SIGKILL')
    })
    child.onLine('stderr', line => {
      this.#log.push(line)
      if (this.#log.length > KEPT_LINES) this.#log.shift()
    })
    child.onLine('stdout', line => {
      const ready = parseReady(line)
      if (ready === undefined) return
      tooLate()
      wasReady = true
      this.#starts++
      this.#last = this.#current = ready
      this.#wake()
    })
    await child.ended
    tooLate()
    this.#current = undefined
    return wasReady
  }

  #wake (): void {
    for (const waiting of this.#waiting.splice(0)) waiting()
  }
}

function parseReady (line: string): Ready | undefined {
  try {
    const value = JSON.parse(line) as Ready & { ready?: unknown }
    return value.ready === true ? value : undefined
  } catch {
    return undefined
  }
}

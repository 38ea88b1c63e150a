import type { Clock } from '@skep/interface'
import { ApiClient } from '../cli/client.ts'
import { CliError, describe } from '../cli/errors.ts'
import type { Member } from './member.ts'
import { wait } from './wait.ts'

/** How long one thing may fail over and over while no node is started again, in milliseconds. */
const PATIENCE = 60_000
/** Pause before something is tried again, in milliseconds. */
const RETRY = 200

/** All nodes of the job, any of which may die at any moment. */
export class Cluster {
  readonly members: readonly Member[]
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly #clients = new Map<string, ApiClient>()

  constructor (members: readonly Member[], clock: Clock, signal: AbortSignal) {
    this.members = members
    this.clock = clock
    this.signal = signal
  }

  /** How often any process became ready: when it grows, whatever went wrong has a reason. */
  get starts (): number {
    return this.members.reduce((sum, { starts }) => sum + starts, 0)
  }

  /**
   * Does something with a node's API, again and again until it succeeds.
   *
   * Whatever a dying node makes of a call is worth another try, also when the node that died
   * is another one. A CliError is not: it says that trying again will not help.
   *
   * @throws CliError - when it failed for long although no node was started again.
   */
  async ask<T> (member: Member, what: string, work: (client: ApiClient, signal: AbortSignal) => Promise<T>): Promise<T> {
    const patience = this.patience()
    while (true) {
      const { api } = await member.ready(this.signal)
      try {
        return await work(this.#client(api), this.signal)
      } catch (error) {
        this.signal.throwIfAborted()
        if (error instanceof CliError) throw error
        patience.orThrow(() => `${member.name}: ${what}: ${describe(error)}`)
      }
      await this.pause(RETRY)
    }
  }

  /** A limit on how long something may last without any progress or any node starting again. */
  patience (): Patience {
    return new Patience(this, PATIENCE)
  }

  async pause (ms: number): Promise<void> {
    await wait(this.clock, ms, this.signal)
  }

  /** Closes kept connections. */
  close (): void {
    for (const client of this.#clients.values()) client.close()
  }

  #client (url: string): ApiClient {
    let client = this.#clients.get(url)
    if (client === undefined) this.#clients.set(url, client = new ApiClient(url))
    return client
  }
}

/** Measures how long nothing has happened. */
export class Patience {
  readonly #cluster: Pick<Cluster, 'clock' | 'starts'>
  readonly #limit: number
  #since: number
  #starts: number

  constructor (cluster: Pick<Cluster, 'clock' | 'starts'>, limit: number) {
    this.#cluster = cluster
    this.#limit = limit
    this.#since = cluster.clock.now()
    this.#starts = cluster.starts
  }

  /** Something happened: it begins anew. */
  renew (): void {
    this.#since = this.#cluster.clock.now()
  }

  /** @throws CliError - when nothing has happened for too long. */
  orThrow (message: () => string): void {
    const { clock, starts } = this.#cluster
    if (starts !== this.#starts) this.renew()
    this.#starts = starts
    if (clock.now() - this.#since > this.#limit) throw new CliError(`nothing moved for ${this.#limit / 1000} s: ${message()}`)
  }
}

import { CHUNK_SIZE, BRANCHES } from '@skep/chunk'
import type { Clock } from '@skep/interface'
import { fromHex } from '@skep/pot'
import { setMaxListeners } from 'node:events'
import { CliError } from '../cli/errors.ts'
import type { Status } from '../types.ts'
import { Cluster } from './cluster.ts'
import { download } from './download.ts'
import type { Member } from './member.ts'
import { meet } from './meet.ts'
import { GlobalView } from './oracle.ts'
import type { Progress } from './progress.ts'
import { closingTable } from './report.ts'
import type { Source } from './source.ts'
import { Spread } from './spread.ts'
import { Tally } from './tally.ts'
import { addressesOf, upload, type Uploaded } from './upload.ts'

export interface JobNeeds {
  /** The first is the bootnode. All of them have been started. */
  readonly members: readonly Member[]
  readonly sources: readonly Source[]
  readonly clock: Clock
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** Pause between two looks at the node that is to be killed, in milliseconds. */
const LOOK = 100
/** Pause between two looks at all nodes, in milliseconds. */
const LOOK_AT_ALL = 400
/** Share of its chunks that a node has when it is killed. */
const KILL_AT = 0.25

/**
 * The main job: nodes meet, a file is put at one of them and spreads, another is killed in
 * between, and the file comes back from the one that stores least.
 *
 * @returns the closing table.
 * @throws CliError - that says what did not happen.
 */
export async function runJob ({ members, sources, clock, progress, signal }: JobNeeds): Promise<string> {
  // What still runs when one part fails, an upload for example, ends with the job.
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  // Every call to every node listens to it, and the members' number bounds the calls.
  setMaxListeners(0, either)
  const cluster = new Cluster(members, clock, either)
  try {
    const ready = await Promise.all(members.map(async member => await member.ready(signal)))
    const view = new GlobalView(ready.map(({ overlay }) => fromHex(overlay)))
    progress.tell(`${members.length} nodes run`)
    await meet(cluster, view)
    progress.tell('every table is as the view of all nodes says')

    const began = clock.now()
    const job = new Job(cluster, view, sources, progress)
    const uploads = await job.spread()
    const seconds = (clock.now() - began) / 1000
    progress.clear()
    progress.tell('every chunk lies at every node responsible for it')

    const least = await job.storesLeast()
    for (const uploaded of uploads) {
      await download(cluster, least, uploaded)
      progress.tell(`${least.name}, which stores least, gave ${uploaded.source.name} back: SHA-256 ${uploaded.digest.slice(0, 16)}… is the same`)
    }
    return await job.close(seconds)
  } finally {
    over.abort(new CliError('the job is over'))
    progress.clear()
    cluster.close()
  }
}

class Job {
  readonly #cluster: Cluster
  readonly #view: GlobalView
  readonly #sources: readonly Source[]
  readonly #progress: Progress
  readonly #tallies: ReadonlyMap<Member, Tally>
  readonly #uploader: Member
  readonly #victim: Member
  #killed = false
  #addresses = new Set<string>()

  constructor (cluster: Cluster, view: GlobalView, sources: readonly Source[], progress: Progress) {
    this.#cluster = cluster
    this.#view = view
    this.#sources = sources
    this.#progress = progress
    this.#tallies = new Map(cluster.members.map(member => [member, new Tally()]))
    const [, uploader, ...others] = cluster.members
    this.#uploader = uploader!
    // The one that is to store most will be at it for longest.
    this.#victim = others.reduce((most, member) => this.#depth(member) < this.#depth(most) ? member : most)
  }

  /** Uploads, kills, and waits until everything lies where it shall. */
  async spread (): Promise<Uploaded[]> {
    let done = false
    const uploading = this.#upload().finally(() => { done = true })
    const [uploads] = await Promise.all([uploading, this.#watchUntil(() => done)])
    if (!this.#killed) this.#kill('before the first look at what it has')
    await this.#settle(new Spread(this.#cluster.members, this.#view, this.#addresses))
    return uploads
  }

  async storesLeast (): Promise<Member> {
    const counts = await Promise.all(this.#cluster.members.map(async member => ({ member, chunks: (await this.#status(member)).chunks })))
    return counts.reduce((least, one) => one.chunks <= least.chunks ? one : least).member
  }

  async close (seconds: number): Promise<string> {
    const rows = await Promise.all(this.#cluster.members.map(async member => {
      const { chunks, depth, overlay } = await this.#status(member)
      return { name: member.name, overlay, depth, stored: chunks, starts: member.starts, ...this.#tallies.get(member)!.totals }
    }))
    return closingTable(rows, this.#addresses.size, seconds)
  }

  async #upload (): Promise<Uploaded[]> {
    const uploads: Uploaded[] = []
    for (const source of this.#sources) {
      const uploaded = await upload(this.#cluster, this.#uploader, source)
      uploads.push(uploaded)
      for (const address of await addressesOf(this.#cluster, this.#uploader, uploaded.reference)) this.#addresses.add(address)
      this.#progress.tell(`${this.#uploader.name} took ${source.name}, ${source.size} bytes: ${uploaded.reference}`)
    }
    return uploads
  }

  /** Shows how far the nodes are while the files are still being sent, and kills one of them on the way. */
  async #watchUntil (done: () => boolean): Promise<void> {
    const chunks = this.#sources.reduce((sum, { size }) => sum + chunksOf(size), 0)
    const expected = (member: Member): number => Math.max(1, Math.round(chunks / 2 ** this.#depth(member)))
    let next = 0
    while (!done()) {
      if (!this.#killed) {
        const { chunks: held } = await this.#status(this.#victim)
        if (held / expected(this.#victim) >= KILL_AT) this.#kill(`with about ${held} of ${expected(this.#victim)} chunks`)
      }
      if (this.#cluster.clock.now() >= next) {
        next = this.#cluster.clock.now() + LOOK_AT_ALL
        this.#progress.show(await Promise.all(this.#cluster.members.map(async member => {
          const wanted = member === this.#uploader ? chunks : expected(member)
          return { name: member.name, held: Math.min(wanted, (await this.#status(member)).chunks), wanted, note: this.#note(member) }
        })))
      }
      await this.#cluster.pause(LOOK)
    }
  }

  /** Waits until every node has all it shall have, by the word of its own store, once more from the start at the end. */
  async #settle (spread: Spread): Promise<void> {
    const { members } = this.#cluster
    const patience = this.#cluster.patience()
    let fewest = Infinity
    while (true) {
      await Promise.all(members.map(async member => await spread.look(this.#cluster, member)))
      if (spread.missing === 0) {
        const starts = this.#cluster.starts
        await Promise.all(members.map(async member => await spread.lookAgain(this.#cluster, member)))
        if (spread.missing === 0 && starts === this.#cluster.starts) return
      }
      this.#progress.show(members.map(member => {
        const wanted = spread.wanted.get(member)!.length
        return { name: member.name, held: wanted - spread.missingAt(member), wanted, note: this.#note(member) }
      }))
      if (spread.missing < fewest) patience.renew()
      fewest = Math.min(fewest, spread.missing)
      patience.orThrow(() => members.filter(member => spread.missingAt(member) > 0)
        .map(member => `${member.name} lacks ${spread.missingAt(member)} of ${spread.wanted.get(member)!.length} chunks, ${spread.example(member)!} for one`).join('; '))
      await this.#cluster.pause(LOOK_AT_ALL)
    }
  }

  #kill (when: string): void {
    this.#killed = true
    this.#progress.tell(`${this.#victim.name} is killed (SIGKILL) ${when}`)
    this.#victim.kill()
  }

  async #status (member: Member): Promise<Status> {
    const status = await this.#cluster.ask(member, 'status', async (client, signal) => await client.json<Status>('/status', { signal }))
    this.#tallies.get(member)!.note(status.transfers, member.starts)
    return status
  }

  #note (member: Member): string {
    const role = member === this.#uploader ? 'took the file' : ''
    return member.starts > 1 ? `started ${member.starts} times` : role
  }

  #depth (member: Member): number {
    return this.#view.depth(member.last!.overlay)
  }
}

/** Chunks of a file of `size` bytes, as far as a progress bar cares (chunk.md §3). */
export function chunksOf (size: number): number {
  let count = Math.max(1, Math.ceil(size / CHUNK_SIZE))
  let total = count
  while (count > 1) {
    count = Math.ceil(count / BRANCHES)
    total += count
  }
  return total
}

/** Nodes of the main job. */
export const NODES = 8

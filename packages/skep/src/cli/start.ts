import { systemClock } from '@skep/runtime'
import path from 'node:path'
import { temporaryFolder } from '../start/folder.ts'
import { NODES, runJob } from '../start/job.ts'
import { Member, type Ready } from '../start/member.ts'
import { spawnSkep } from '../start/process.ts'
import { Progress } from '../start/progress.ts'
import { fileSource, sample } from '../start/source.ts'
import { print, type Io } from './io.ts'
import { withSignals } from './signals.ts'
import { formatTable } from './text-table.ts'

/** `skep start`: eight nodes, the files, one kill, and the files back. */
export async function start (files: readonly string[], { keep }: { readonly keep: boolean }, io: Io, unread: AbortSignal): Promise<number> {
  const sources = files.length === 0 ? [sample()] : await Promise.all(files.map(fileSource))
  return await withSignals(io, async stopped => {
    const signal = AbortSignal.any([stopped, unread])
    const progress = new Progress(io.stdout, systemClock)
    const folder = await temporaryFolder()
    const members: Member[] = []
    try {
      for (let i = 0; i < NODES; i++) members.push(member(i, folder.path, members, progress))
      // The others are told of the first, so it must run before them.
      members[0]!.start()
      await members[0]!.ready(signal)
      for (const other of members.slice(1)) other.start()
      const table = await runJob({ members, sources, clock: systemClock, progress, signal })
      await print(io.stdout, `\n${table}ok\n`)
      if (keep) {
        await print(io.stdout, `\n${urls(members)}\nThe nodes run until Ctrl-C.\n`)
        await untilAborted(signal)
      }
      return 0
    } catch (error) {
      if (!signal.aborted) for (const { name, log } of members) if (log.length > 0) io.stderr.write(`${name} said last: ${log.at(-1)!}\n`)
      throw error
    } finally {
      progress.clear()
      await Promise.all(members.map(async member => await member.stop()))
      await folder.remove()
    }
  })
}

function member (index: number, folder: string, members: readonly Member[], progress: Progress): Member {
  const data = path.join(folder, `node-${index}`)
  return new Member({
    name: `node ${index}`,
    clock: systemClock,
    tell: line => progress.tell(line),
    spawn (last, freshPorts) {
      const old = freshPorts ? undefined : last
      // One that comes back asks everybody: the first node may be the one that is down.
      const others = last === undefined ? members.slice(0, 1) : members
      const bootnodes = others.flatMap(({ last: other }) => other === undefined || other.overlay === last?.overlay ? [] : ['--bootnode', other.listen])
      return spawnSkep(['node', '--data', data, '--json', '--until-stdin-ends', '--listen', listenOf(old), '--api', apiOf(old), ...bootnodes])
    }
  })
}

function listenOf (last: Ready | undefined): string {
  return last === undefined ? '127.0.0.1:0' : last.listen.replace(/^tcp:\/\//, '')
}

function apiOf (last: Ready | undefined): string {
  return last === undefined ? '127.0.0.1:0' : new URL(last.api).host
}

function urls (members: readonly Member[]): string {
  return formatTable(members.map(({ name, last }) => [name, last!.api, last!.overlay.slice(0, 8)]))
}

async function untilAborted (signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}

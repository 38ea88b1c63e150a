import { readFile } from 'node:fs/promises'
import { createApi, serve } from '@skep/api-http'
import { toHex } from '@skep/pot'
import { systemClock, systemRandom } from '@skep/runtime'
import { createNode } from '../node.ts'
import { rlpxTransport } from '../rlpx.ts'
import { tcpTransport } from '../tcp.ts'
import { CLIENT } from '../version.ts'
import { formatHostPort, isLoopback, type HostPort, type ListenAddress, type TransportName } from './arguments.ts'
import { openDataFolder } from './data-folder.ts'
import { CliError, describe } from './errors.ts'
import { print, type Io } from './io.ts'
import { limitedLog } from './log.ts'
import { STOP_SIGNALS } from './signals.ts'
import { checkBootnode, planTransports } from './transports.ts'

/** The words after `skep node`, read. */
export interface NodeCommand {
  readonly data: string
  readonly listen?: readonly ListenAddress[]
  readonly transport?: readonly TransportName[]
  readonly api: HostPort
  readonly bootnode?: readonly string[]
  readonly networkId: number
  readonly light: boolean
  readonly cache: boolean
  readonly json: boolean
  readonly insecure: boolean
  readonly untilStdinEnds: boolean
}

const ambient = { clock: systemClock, random: systemRandom }

/** A node is given this long to stop, in milliseconds; then the process leaves all the same. */
const STOP_WITHIN = 4_500

/** `skep node`: runs a node until a signal, or the end of stdin, stops it. */
export async function runNode (command: NodeCommand, io: Io): Promise<number> {
  const plan = planTransports(command.transport, command.listen)
  for (const bootnode of command.bootnode ?? []) checkBootnode(plan, bootnode)
  // RLPx encrypts, and proves the remote's key.
  const open = plan.listen.filter(({ transport }) => transport === 'tcp').map(({ host }) => ['--listen', host] as const)
  for (const [option, host] of [...open, ['--api', command.api.host] as const]) {
    if (isLoopback(host) || command.insecure) continue
    throw new CliError(`${option} ${host}: others on the network would reach it, and connections are neither encrypted nor authenticated; add --insecure if that is meant`)
  }
  const asked = stopAsked(command, io)
  // A node works on when nobody reads what it says.
  const say = limitedLog(systemClock, line => { if (!io.stderr.destroyed) io.stderr.write(line) })
  const { key, store, bodies } = await openDataFolder(command.data, systemRandom)
  const node = await createNode({
    key,
    store,
    bodies,
    transports: plan.transports.map(name => name === 'rlpx' ? rlpxTransport({ ...ambient, key }) : tcpTransport(ambient)),
    listen: plan.listen.map(({ transport, ...where }) => `${transport === 'rlpx' ? 'enode' : 'tcp'}://${formatHostPort(where)}`),
    bootnodes: command.bootnode ?? [],
    networkId: command.networkId,
    light: command.light,
    cache: command.cache,
    ...await bootId(),
    log: say
  }).catch(async (error: unknown) => {
    await store.close()
    await bodies.close()
    throw error
  })
  try {
    const hosts = [command.api.host, formatHostPort(command.api).replace(/:\d+$/, ''), 'localhost', '127.0.0.1', '[::1]']
    const api = createApi(node, { version: CLIENT, ...(isLoopback(command.api.host) && { allowedHosts: hosts }) })
    const served = await serve(api, command.api)
    try {
      const facts = { ready: true, overlay: toHex(node.overlay), listen: node.listen[0], underlays: node.listen, api: served.url, pid: io.pid }
      const listens = node.listen.map(underlay => `listen   ${underlay}\n`).join('')
      await print(io.stdout, command.json ? `${JSON.stringify(facts)}\n` : `overlay  ${facts.overlay}\n${listens}api      ${facts.api}\n`)
      say(`stopping: ${await asked}`)
    } finally {
      await served.close()
    }
  } finally {
    await within(STOP_WITHIN, node.stop(), say)
  }
  return 0
}

/** What tells one run of the machine from the next, where the kernel says so. */
async function bootId (): Promise<{ boot?: string }> {
  try {
    return { boot: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim() }
  } catch {
    return {}
  }
}

/** Resolves with the reason when the node is to stop. A second signal leaves at once. */
async function stopAsked ({ untilStdinEnds }: NodeCommand, io: Io): Promise<string> {
  return await new Promise<string>(resolve => {
    for (const name of STOP_SIGNALS) {
      let seen = false
      io.on(name, () => {
        if (seen) process.exit(1)
        seen = true
        resolve(name)
      })
    }
    if (untilStdinEnds) io.stdin.on('end', () => resolve('stdin ended')).on('error', () => resolve('stdin broke')).resume()
  })
}

async function within (ms: number, work: Promise<void>, say: (line: string) => void): Promise<void> {
  const timer = setTimeout(() => {
    say(`the node did not stop within ${ms / 1000} s; leaving all the same`)
    process.exit(1)
  }, ms)
  await work.catch((error: unknown) => say(`while stopping: ${describe(error)}`))
  clearTimeout(timer)
}

import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.ts'
import { apiUrl, collect, DEFAULT_API, hostPort, listenAddress, networkId, reference, transport } from './arguments.ts'
import { describe } from './errors.ts'
import type { Io } from './io.ts'

/** A reader of our output went away, as `skep down … | head` makes it. */
class Unread extends Error {}

/**
 * Runs the command `skep`.
 *
 * @param argv - the words after the command's name.
 * @returns the exit code. Every failure has written one line to stderr by then.
 */
export async function main (argv: readonly string[], io: Io): Promise<number> {
  const stop = new AbortController()
  // Nobody reads any more: whatever runs has no purpose left, and nobody to tell.
  io.stdout.on('error', () => stop.abort(new Unread()))
  io.stderr.on('error', () => {})
  let code = 0
  const program = commands(io, stop.signal, result => { code = result })
  try {
    if (argv.length === 0) program.help({ error: true })
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    if (stop.signal.aborted && stop.signal.reason instanceof Unread) return 0
    io.stderr.write(`skep: ${describe(error)}\n`)
    return 1
  }
  return code
}

function commands (io: Io, signal: AbortSignal, done: (code: number) => void): Command {
  const program = new Command('skep')
    .description('A Swarm node: finds peers by proximity and syncs chunks to whoever is responsible for them.')
    .version(VERSION)
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: text => { io.stdout.write(text) },
      writeErr: text => { io.stderr.write(text) },
      outputError: (text, write) => write(`skep: ${text.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ').trim()}\n`)
    })
  const api = ['--api <URL>', "the node's API", apiUrl, apiUrl(io.env['SKEP_API'] ?? DEFAULT_API)] as const

  program.command('node')
    .description('run a node until it is told to stop')
    .requiredOption('--data <DIR>', 'folder for the key and the chunks; made on first start')
    .option('--transport <NAME>', 'how nodes connect: tcp, or rlpx as the nodes of 2018 do; give both for a bridge (default: tcp)', transport)
    .option('--listen <ADDRESS>', 'where other nodes connect, HOST:PORT, with tcp:// or rlpx:// before it where there are both; may be given several times (default: 127.0.0.1:0)', listenAddress)
    .option('--api <HOST:PORT>', 'where the HTTP API listens', hostPort, hostPort('127.0.0.1:0'))
    .option('--bootnode <ADDRESS>', 'a node to begin with; may be given several times', collect)
    .option('--network-id <N>', 'only nodes of the same network meet', networkId, 3)
    .option('--light', 'be connected, but neither store nor serve', false)
    .option('--cache', 'store what is fetched, for others or for the node itself', false)
    .option('--json', 'print one line of JSON when ready', false)
    .option('--insecure', 'allow addresses that others on the network reach: connections are neither encrypted nor authenticated', false)
    .option('--until-stdin-ends', 'stop when stdin ends, so that no node outlives its parent', false)
    .action(async options => done(await (await import('./node.ts')).runNode(options, io)))

  program.command('up')
    .description('store a file and print its reference')
    .argument('<FILE>', 'a file, or - for stdin')
    .option(...api)
    .action(async (file, options) => await (await import('./up.ts')).up(file, options, io, signal))

  program.command('down')
    .description('fetch a file')
    .argument('<REFERENCE>', '64 hex characters', reference)
    .option('-o, --output <FILE>', 'where to; stdout if absent')
    .option(...api)
    .action(async (reference, options) => await (await import('./down.ts')).down(reference, options, io, signal))

  program.command('has')
    .description("ask the node's own store for chunks; exit code 1 if one is not there")
    .argument('<ADDRESS...>', '64 hex characters each', (text: string, before: string[] | undefined) => collect(reference(text), before))
    .option(...api)
    .action(async (addresses, options) => done(await (await import('./has.ts')).has(addresses, options, io)))

  program.command('status')
    .description('what the node stores, syncs and knows')
    .option(...api)
    .option('--json', 'as JSON', false)
    .action(async options => await (await import('./status.ts')).status(options, io))

  program.command('table')
    .description('the Kademlia table as text')
    .option(...api)
    .action(async options => await (await import('./table.ts')).table(options, io))

  program.command('start')
    .description('run eight nodes that sync files, lose one of them, and give the files back')
    .argument('[FILE...]', 'files to sync; a sample of 8 MiB if absent')
    .option('--keep', 'leave the nodes running until Ctrl-C', false)
    .action(async (files, options) => done(await (await import('./start.ts')).start(files, options, io, signal)))

  // Sub-commands made by command() inherit the settings above, except this one.
  for (const command of program.commands) command.showHelpAfterError(false)
  return program
}

// `npm start` and `npm test` begin here: it needs Node and npm, and brings the rest.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../../..')
const windows = process.platform === 'win32'
/** @type {NodeJS.ProcessEnv} */
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' }
const [task = 'test', ...rest] = process.argv.slice(2)

/** How long a command may take to end after Ctrl-C, in milliseconds. */
const PATIENCE = 15_000

/** @type {import('node:child_process').ChildProcess | undefined} */
let running
/** @type {NodeJS.Signals | undefined} */
let interrupted

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    interrupted ??= signal
    stop(signal)
    setTimeout(() => stop('SIGKILL'), PATIENCE).unref()
  })
}

/**
 * Signals the running command and whatever it started: it leads a process group of its
 * own, so that each process gets one signal, whoever was signalled first.
 *
 * @param {NodeJS.Signals} signal
 */
function stop (signal) {
  if (running?.pid === undefined) return
  try {
    process.kill(windows ? running.pid : -running.pid, signal)
  } catch {
    // It ended meanwhile.
  }
}

/**
 * Runs a command in the foreground; leaves with its exit code, and a line that says so, when it fails.
 *
 * @param {string} what
 * @param {string} command
 * @param {...string} args
 */
async function run (what, command, ...args) {
  const { code, signal } = await new Promise((resolve, reject) => {
    running = spawn(command, args, { cwd: root, env, stdio: 'inherit', shell: windows, detached: !windows })
    running.on('error', reject)
    running.on('exit', (code, signal) => resolve({ code, signal }))
  })
  stop('SIGTERM')
  running = undefined
  if (interrupted !== undefined) process.exit(128 + os.constants.signals[interrupted])
  if (code === 0) return
  if (what !== '') process.stderr.write(`\n${what} failed${signal === null ? '' : ` (${signal})`}\n`)
  process.exit(code ?? 1)
}

/** @param {string} name */
const bin = name => path.join(root, 'node_modules/.bin', windows ? `${name}.cmd` : name)
/** @param {string[]} args */
const node = (...args) => run('', process.execPath, ...args)
/** @param {string[]} tasks */
const turbo = (...tasks) => run(tasks.join(', '), bin('turbo'), 'run', ...tasks, '--output-logs=errors-only', '--log-order=grouped')
/** @param {string[]} args */
const vitest = (...args) => run('', bin('vitest'), ...args, '--config', 'packages/dev/vitest.config.ts')

/** @type {Record<string, () => Promise<void>>} */
const tasks = {
  build: () => turbo('build'),
  start: async () => {
    await turbo('build')
    await node('packages/skep/bin/skep.js', 'start', ...rest)
  },
  bench: async () => {
    await turbo('build')
    await vitest('bench', '--run', ...rest)
  },
  test: async () => {
    await turbo('build')
    await run('a check of the repository', process.execPath, 'packages/dev/src/cli.mjs', 'check')
    await turbo('typecheck', 'check:pack')
    await vitest('run', ...rest)
  }
}

const begin = tasks[task]
if (begin === undefined) {
  process.stderr.write(`usage: bootstrap.mjs ${Object.keys(tasks).join(' | ')}\n`)
  process.exit(2)
}

const wanted = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).packageManager.split('+')[0]
const found = spawnSync('pnpm', ['--version'], { cwd: root, encoding: 'utf8', shell: windows })
if (found.status === 0 && `pnpm@${found.stdout.trim()}` === wanted) {
  delete env['SKEP_STAGE']
  await run('pnpm install', 'pnpm', 'install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only')
  await begin()
} else if (process.env['SKEP_STAGE'] === '2') {
  process.stderr.write(`npx brought no ${wanted}\n`)
  process.exit(1)
} else {
  // turbo too looks for pnpm on the PATH, so everything runs below npx.
  env['SKEP_STAGE'] = '2'
  const words = [task, ...rest].map(word => (windows ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')
  await run('', 'npx', '--yes', '--prefer-offline', '-p', wanted, '-c', `node packages/dev/src/bootstrap.mjs ${words}`)
}

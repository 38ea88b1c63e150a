// `npm start` and `npm test` begin here: it needs Node and npm, and brings the rest.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../../..')
const windows = process.platform === 'win32'
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', SKEP_STAGE: '2' }
const [task, ...rest] = process.argv.slice(2)

/** Runs a command in the foreground and leaves with its exit code when it fails. */
function run (command, args) {
  const { error, status, signal } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit', shell: windows })
  if (error !== undefined) throw error
  if (signal !== null) process.exit(130)
  if (status !== 0) process.exit(status ?? 1)
}

if (process.env.SKEP_STAGE !== '2') {
  const want = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).packageManager.split('+')[0]
  const have = spawnSync('pnpm', ['--version'], { cwd: root, encoding: 'utf8', shell: windows })
  if (have.status === 0 && `pnpm@${have.stdout.trim()}` === want) {
    process.env.SKEP_STAGE = env.SKEP_STAGE
    main()
  } else {
    const quoted = [task, ...rest].map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
    run('npx', ['--yes', '--prefer-offline', '-p', want, '-c', `node packages/dev/src/bootstrap.mjs ${quoted}`])
  }
} else {
  main()
}

function main () {
  run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'])
  const turbo = (...tasks) => run('pnpm', ['exec', 'turbo', 'run', ...tasks, '--output-logs=errors-only'])
  const vitest = (...args) => run('pnpm', ['exec', 'vitest', ...args, '--config', 'packages/dev/vitest.config.ts'])
  if (task === 'build') turbo('build')
  else if (task === 'start') { turbo('build'); run(process.execPath, ['packages/skep/bin/skep.js', ...rest]) }
  else if (task === 'bench') { turbo('build'); vitest('bench', '--run', ...rest) }
  else { turbo('build', 'typecheck', 'check:pack'); vitest('run', ...rest) }
}

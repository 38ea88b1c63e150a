#!/usr/bin/env node
import { spawnSync } from 'node:child_process'
import path from 'node:path'

const here = import.meta.dirname
const root = path.resolve(here, '../../..')
const config = path.join(here, '../vitest.config.ts')
const [task, project, ...rest] = process.argv.slice(2)

const commands = {
  test: ['vitest', 'run', '--config', config, '--project', project, ...rest],
  bench: ['vitest', 'bench', '--run', '--config', config, '--project', project, ...rest]
}
const command = commands[task]
if (command === undefined || project === undefined) {
  process.stderr.write('usage: skep-dev test|bench PROJECT\n')
  process.exit(2)
}
const { status } = spawnSync('pnpm', ['exec', ...command], { cwd: root, stdio: 'inherit' })
process.exit(status ?? 1)

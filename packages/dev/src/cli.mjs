#!/usr/bin/env node
// What the scripts of the packages call: `skep-dev test pot` in packages/pot, for example.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { runChecks } from './checks.mjs'
import { checkPack } from './checks/pack.mjs'
import { tool } from './run.mjs'
import { ROOT } from './workspace.mjs'

const config = path.join(ROOT, 'packages/dev/vitest.config.ts')
const [task, ...rest] = process.argv.slice(2)

process.exitCode = await run()

/** @returns {Promise<number>} the exit code */
async function run () {
  const [project, ...options] = rest
  if (task === 'check') return await runChecks() ? 0 : 1
  if (task === 'check-pack') {
    const problems = await checkPack(process.cwd())
    process.stderr.write(problems.map(line => `${line}\n`).join(''))
    return problems.length === 0 ? 0 : 1
  }
  if (task === 'test' && project !== undefined) return vitest('run', '--passWithNoTests', '--project', project, ...options)
  if (task === 'bench' && project !== undefined) return vitest('bench', '--run', '--passWithNoTests', '--project', project, ...options)
  process.stderr.write('usage: skep-dev check | check-pack | test PROJECT | bench PROJECT\n')
  return 2
}

/** @param {string[]} args */
function vitest (...args) {
  return spawnSync(tool('vitest'), [...args, '--config', config], { cwd: ROOT, stdio: 'inherit' }).status ?? 1
}

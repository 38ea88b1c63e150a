import { readFileSync } from 'node:fs'
import path from 'node:path'
import { capture } from './run.mjs'

/**
 * Runs a built example and says what it printed, and what its README says it prints:
 * the README's first `text` block.
 *
 * @param {string} dir
 */
export async function runExample (dir) {
  const readme = readFileSync(path.join(dir, 'README.md'), 'utf8')
  const { code, output, stdout } = await capture(process.execPath, ['dist/main.js'], { cwd: dir, timeout: 30_000 })
  return { code, output, stdout, promised: /^```text\n([^]*?)^```$/m.exec(readme)?.[1] }
}

import { capture, tool } from '../run.mjs'
import { ROOT } from '../workspace.mjs'

/**
 * Runs the linter over the repository: correctness, floating promises, and what
 * only adapters may touch (see `.oxlintrc.json`).
 *
 * @returns {Promise<string[]>} problems, one line each
 */
export async function checkLint (root = ROOT) {
  const { code, output } = await capture(tool('oxlint'), ['--type-aware', '--deny-warnings', '--format', 'unix', '.'], { cwd: root, env: { ...process.env, OXLINT_TSGOLINT_PATH: tool('tsgolint') } })
  if (code === 0) return []
  const lines = output.split('\n').filter(line => line.trim() !== '' && !/^\d+ problems?$/.test(line))
  return lines.length > 0 ? lines : [`oxlint ended with ${code}`]
}

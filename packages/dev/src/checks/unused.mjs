import { capture, tool } from '../run.mjs'
import { ROOT } from '../workspace.mjs'

/**
 * Finds dependencies nobody uses, imports nobody declared, files and exports nobody reaches.
 *
 * @returns {Promise<string[]>} problems, one line each
 */
export async function checkUnused (root = ROOT, config = 'packages/dev/knip.json') {
  const { code, output, stdout } = await capture(tool('knip'), ['--config', config, '--no-progress', '--reporter', 'compact', '--no-config-hints'], { cwd: root })
  if (code === 0) return []
  const lines = (stdout.trim() === '' ? output : stdout).split('\n').filter(line => line.trim() !== '')
  return lines.length > 0 ? lines : [`knip ended with ${code}`]
}

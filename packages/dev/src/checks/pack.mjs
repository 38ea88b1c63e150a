import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { capture, tool } from '../run.mjs'

/**
 * Packs the package in `dir` and looks at the tarball as its users will get it:
 * publint, and whether its types are right for ES modules.
 *
 * @param {string} dir
 * @returns {Promise<string[]>} problems, one line each
 */
export async function checkPack (dir) {
  const folder = mkdtempSync(path.join(tmpdir(), 'skep-pack-'))
  try {
    const packed = await capture('pnpm', ['pack', '--pack-destination', folder], { cwd: dir, shell: process.platform === 'win32' })
    const tarball = readdirSync(folder).find(name => name.endsWith('.tgz'))
    if (packed.code !== 0 || tarball === undefined) return packed.output.split('\n')
    const file = path.join(folder, tarball)
    const looks = await Promise.all([
      capture(tool('publint'), ['run', file, '--strict'], { cwd: dir }),
      capture(tool('attw'), [file, '--profile', 'esm-only', '--no-emoji', '--no-color'], { cwd: dir })
    ])
    return looks.filter(({ code }) => code !== 0).flatMap(({ output }) => output.trim().split('\n'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

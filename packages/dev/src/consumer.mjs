import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { transformWithOxc } from 'vite'
import { capture } from './run.mjs'
import { readJson } from './workspace.mjs'

/**
 * Somebody's project: an empty folder in which the packed packages are installed by
 * npm, as their users will do it.
 */
export class Consumer {
  /** @type {string} */
  dir

  /** @param {string} dir an empty folder */
  constructor (dir) {
    this.dir = dir
  }

  /**
   * Packs the packages in `folders` and installs the tarballs.
   *
   * @param {string[]} folders
   * @throws Error - with what the tool said, if packing or installing fails.
   */
  async install (folders) {
    const tarballs = path.join(this.dir, 'tarballs')
    mkdirSync(tarballs)
    /** @type {Record<string, string>} */
    const dependencies = {}
    for (const cwd of folders) {
      const before = readdirSync(tarballs)
      await succeed('pnpm', ['pack', '--pack-destination', tarballs], cwd)
      const tarball = readdirSync(tarballs).find(name => !before.includes(name))
      if (tarball !== undefined) dependencies[readJson(path.join(cwd, 'package.json')).name] = `file:${path.join(tarballs, tarball)}`
    }
    // By the overrides they find each other, and npm asks no registry for what is not there yet.
    writeFileSync(path.join(this.dir, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module', dependencies, overrides: dependencies }))
    await succeed('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], this.dir)
  }

  /**
   * Runs a piece of TypeScript as a module of the project, for at most half a minute.
   *
   * @param {string} code
   */
  async run (code) {
    const { code: javascript } = await transformWithOxc(code, 'example.ts', { sourcemap: false })
    return capture(process.execPath, ['--input-type=module', '--eval', javascript], { cwd: this.dir, timeout: 30_000 })
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
async function succeed (command, args, cwd) {
  const { code, output } = await capture(command, args, { cwd, shell: process.platform === 'win32' })
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code} in ${cwd}:\n${output}`)
}

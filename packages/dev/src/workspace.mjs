import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The root of this repository. */
export const ROOT = path.resolve(import.meta.dirname, '../../..')

/**
 * @typedef {object} Manifest the parts of a package.json that the checks read
 * @property {string} name
 * @property {boolean} [private]
 * @property {Record<string, any>} [exports]
 * @property {Record<string, string>} [scripts]
 * @property {Record<string, string>} [bin]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, string>} [devDependencies]
 */

/**
 * @typedef {object} Folder one package of the workspace
 * @property {string} group `packages` or `examples`
 * @property {string} name the folder's name
 * @property {string} dir its absolute path
 * @property {Manifest} manifest
 */

/**
 * Lists the packages of the workspace under `root`, in order of path.
 *
 * @returns {Folder[]}
 */
export function workspace (root = ROOT) {
  return ['packages', 'examples'].flatMap(group => {
    const parent = path.join(root, group)
    if (!existsSync(parent)) return []
    return readdirSync(parent).sort()
      .map(name => ({ group, name, dir: path.join(parent, name) }))
      .filter(({ dir }) => existsSync(path.join(dir, 'package.json')))
      .map(folder => ({ ...folder, manifest: readJson(path.join(folder.dir, 'package.json')) }))
  })
}

/** The packages that go to the registry. */
export function published (root = ROOT) {
  return workspace(root).filter(({ manifest }) => manifest.private !== true)
}

/**
 * Lists the files under `dir` that end in one of `endings`, in order, without what is installed or built.
 *
 * @param {string} dir
 * @param {string[]} endings
 * @returns {string[]} absolute paths
 */
export function filesIn (dir, ...endings) {
  if (!existsSync(dir)) return []
  return readdirSync(dir, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      const file = path.join(dir, entry.name)
      if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) || entry.name.startsWith('.') ? [] : filesIn(file, ...endings)
      return endings.some(ending => entry.name.endsWith(ending)) ? [file] : []
    })
}

/** @param {string} file */
export function readJson (file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

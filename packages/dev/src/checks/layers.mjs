import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import path from 'node:path'
import { parseSync } from 'oxc-parser'
import { filesIn, readJson, ROOT, workspace } from '../workspace.mjs'

/**
 * @typedef {object} Layers what `layers.json` says
 * @property {Record<string, number>} floors
 * @property {Record<string, string[]>} exceptions who may import a package of its own floor
 * @property {{ maxFloor: number, packages: string[] }} adapters
 * @property {string[]} testsOnly
 */

/** The floor of the assembly: it alone may import adapters. */
const ASSEMBLY = 5

/**
 * Finds every arrow between packages that the layers forbid, in the package.json
 * files and in what the sources really import.
 *
 * @param {string} [root]
 * @param {Layers} [layers]
 * @returns {string[]} problems, one line each
 */
export function checkLayers (root = ROOT, layers = readJson(path.join(root, 'packages/dev/layers.json'))) {
  const folders = workspace(root)
  const byName = new Map(folders.map(folder => [folder.manifest.name, folder]))
  return folders.flatMap(folder => {
    const { name, dir, group, manifest } = folder
    const place = placeOf(folder, layers)
    if (place === undefined) return [`${group}/${name}/package.json: layers.json has no floor for ${name}`]
    const problems = []
    const dependencies = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies }
    for (const wanted of Object.keys(dependencies)) {
      const target = byName.get(wanted)
      const why = target === undefined ? undefined : forbidden(folder, target, layers)
      if (why !== undefined) problems.push(`${group}/${name}/package.json: ${why}`)
    }
    problems.push(...references(folder, Object.keys(dependencies).flatMap(wanted => byName.get(wanted) ?? [])))
    for (const part of ['src', 'test', 'bench']) {
      for (const file of filesIn(path.join(dir, part), '.ts', '.tsx', '.mts')) {
        const at = path.relative(root, file)
        for (const specifier of imports(file)) {
          const why = specifier.startsWith('.')
            ? leaves(dir, file, specifier)
            : part === 'src' ? undeclared(folder, specifier, dependencies, byName, layers) : undefined
          if (why !== undefined) problems.push(`${at}: ${why}`)
        }
      }
    }
    return problems
  })
}

/** @typedef {import('../workspace.mjs').Folder} Folder */

/**
 * @param {Folder} folder
 * @param {Layers} layers
 * @returns {'example' | 'tests' | 'adapter' | number | undefined}
 */
function placeOf ({ group, name }, layers) {
  if (group === 'examples') return 'example'
  if (layers.testsOnly.includes(name)) return 'tests'
  if (layers.adapters.packages.includes(name)) return 'adapter'
  return layers.floors[name]
}

/**
 * Why `from` may not depend on `to`; undefined if it may.
 *
 * @param {Folder} from
 * @param {Folder} to
 * @param {Layers} layers
 */
function forbidden (from, to, layers) {
  const [source, target] = [placeOf(from, layers), placeOf(to, layers)]
  if (source === 'example' || source === 'tests') return target === 'example' ? `${to.name} is an example; nobody imports it` : undefined
  if (target === 'example' || target === 'tests') return `${to.name} is for tests and examples only`
  if (layers.exceptions[from.name]?.includes(to.name)) return undefined
  if (target === 'adapter') {
    if (source === ASSEMBLY) return undefined
    return `${to.name} is an adapter; only floor ${ASSEMBLY}, examples and tests import adapters`
  }
  if (target === undefined || source === undefined) return undefined
  if (source === 'adapter') {
    return target <= layers.adapters.maxFloor ? undefined : `${to.name} stands on floor ${target}; an adapter imports floors 0 to ${layers.adapters.maxFloor}`
  }
  return target < source ? undefined : `${to.name} stands on floor ${target}, ${from.name} on floor ${source}; only lower floors may be imported`
}

/**
 * The references of tsconfig.json must be the dependencies, or `tsc -b` builds against what is old.
 *
 * @param {Folder} folder
 * @param {Folder[]} targets
 */
function references ({ group, name, dir }, targets) {
  const file = path.join(dir, 'tsconfig.json')
  if (!filesIn(dir, 'tsconfig.json').includes(file)) return []
  /** @type {{ path: string }[]} */
  const listed = readJson(file).references ?? []
  const have = new Set(listed.map(reference => path.resolve(dir, reference.path)))
  const built = targets.filter(target => filesIn(target.dir, 'tsconfig.json').length > 0)
  const at = `${group}/${name}/tsconfig.json`
  return [
    ...built.filter(target => !have.delete(target.dir)).map(target => `${at}: ${target.manifest.name} is a dependency and no reference`),
    ...[...have].map(extra => `${at}: ${path.basename(extra)} is a reference and no dependency`)
  ]
}

/**
 * Everything a module imports or re-exports, types included, also by `import()`.
 *
 * @param {string} file
 */
function imports (file) {
  const source = readFileSync(file, 'utf8')
  const { module } = parseSync(file, source)
  return [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) => entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? [])),
    // Of a computed import() nothing can be said here; a library has no use for one.
    ...module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => /^['"`](.*)['"`]$/.exec(source.slice(start, end))?.[1] ?? [])
  ]
}

/**
 * @param {string} dir
 * @param {string} file
 * @param {string} specifier
 */
function leaves (dir, file, specifier) {
  const target = path.resolve(path.dirname(file), specifier)
  return target.startsWith(dir + path.sep) ? undefined : `${specifier} leaves the package; packages are imported by name`
}

/**
 * @param {Folder} folder
 * @param {string} specifier
 * @param {Record<string, string>} dependencies
 * @param {Map<string, Folder>} byName
 * @param {Layers} layers
 */
function undeclared (folder, specifier, dependencies, byName, layers) {
  if (isBuiltin(specifier)) return undefined
  const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
  const target = byName.get(name)
  const why = target === undefined ? undefined : forbidden(folder, target, layers)
  if (why !== undefined) return why
  return name in dependencies ? undefined : `${name} is imported and is no dependency`
}

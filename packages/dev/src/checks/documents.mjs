import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { codeBlocks, commentBlocks } from '../code-blocks.mjs'
import { capture, tool } from '../run.mjs'
import { filesIn, ROOT, workspace } from '../workspace.mjs'

/**
 * Type-checks every `ts` block of the READMEs, of docs/ and of the doc comments, each
 * as a module of its own that imports packages by name, and looks for links that lead nowhere.
 *
 * @returns {Promise<string[]>} problems, one line each
 */
export async function checkDocuments (root = ROOT) {
  const folders = workspace(root)
  // Blocks lie in the package they come from, so that its dependencies are found.
  const pages = [path.join(root, 'README.md'), ...filesIn(path.join(root, 'docs'), '.md')]
  const blocks = [
    ...pages.map(file => ({ dir: root, file })),
    ...folders.flatMap(({ dir }) => filesIn(dir, 'README.md', '.ts').map(file => ({ dir, file })))
  ].flatMap(({ dir, file }) => {
    const text = read(file)
    return (file.endsWith('.md') ? codeBlocks(text) : commentBlocks(text)).map(block => ({ dir, file, ...block }))
  })

  /** @type {Map<string, string>} */
  const origin = new Map()
  const caches = new Set([root, ...folders.map(({ dir }) => dir)].map(dir => path.join(dir, CACHE)))
  for (const cache of caches) rmSync(cache, { recursive: true, force: true })
  for (const { dir, file, line, code } of blocks) {
    const name = `${path.relative(dir, file).replaceAll(/[^\w.]/g, '-')}-${line}.mts`
    const target = path.join(dir, CACHE, name)
    mkdirSync(path.dirname(target), { recursive: true })
    // Empty lines above make the compiler's line numbers those of the document.
    writeFileSync(target, '\n'.repeat(line - 1) + code)
    origin.set(target, path.relative(root, file))
  }
  const broken = brokenLinks(root, [...pages, ...folders.flatMap(({ dir }) => filesIn(dir, '.md'))])
  if (origin.size === 0) return broken

  const config = path.join(root, CACHE, 'tsconfig.json')
  mkdirSync(path.dirname(config), { recursive: true })
  writeFileSync(config, JSON.stringify({
    extends: path.join(ROOT, 'packages/dev/tsconfig.test.json'),
    compilerOptions: {
      moduleDetection: 'force',
      typeRoots: [path.join(ROOT, 'node_modules/@types')],
      paths: Object.fromEntries(folders.flatMap(declarations))
    },
    files: [...origin.keys()]
  }))
  const { code, output } = await capture(tool('tsc'), ['-p', config, '--pretty', 'false'], { cwd: root })
  if (code === 0) return broken
  return broken.concat(output.split('\n').filter(line => line.trim() !== '').map(line => {
    const [, file = '', rest = line] = /^(\S+\.mts)(\(.*)$/.exec(line) ?? []
    return `${origin.get(path.resolve(root, file)) ?? file}${rest}`
  }))
}

/** Where the blocks of a package lie, below its folder: nobody commits or publishes from there. */
const CACHE = 'node_modules/.cache/documents'

/**
 * What a package exports, and the declarations that belong to it.
 *
 * @param {import('../workspace.mjs').Folder} folder
 * @returns {[string, string[]][]}
 */
function declarations ({ dir, manifest }) {
  return Object.entries(manifest.exports ?? {}).flatMap(([key, target]) =>
    typeof target?.types === 'string' ? [[manifest.name + key.slice(1), [path.join(dir, target.types)]]] : [])
}

/**
 * Links between pages, and from pages to sources, whose target is not there.
 *
 * @param {string} root
 * @param {string[]} pages
 */
function brokenLinks (root, pages) {
  return pages.flatMap(page => [...read(page).matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)]
    .filter(([, target = '']) => !existsSync(path.resolve(path.dirname(page), target)))
    .map(([, target]) => `${path.relative(root, page)}: ${target} is not there`))
}

/** @param {string} file */
function read (file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/**
 * Changes one thing at a time in a package's built code, and runs its tests: a change that
 * no test notices is a hole in them. Works on `dist`, so build first; takes minutes.
 *
 *     node packages/pot/bench/mutate.mjs PACKAGE [HOW MANY, 200] [SEED, 1]
 *
 * A change that makes the tests run for ever counts as noticed.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [name = 'pot', many = '200', seed = '1'] = process.argv.slice(2)
const dir = path.resolve(import.meta.dirname, '../..', name)
const work = path.join(dir, 'node_modules/.cache/mutation')
const { rolldown, parseAst } = await tools()

rmSync(work, { recursive: true, force: true })
mkdirSync(work, { recursive: true })
cpSync(path.join(dir, 'dist'), path.join(work, 'subject'), { recursive: true })
await bundleTests()
writeFileSync(path.join(work, 'shim.mjs'), shim())

const started = process.hrtime.bigint()
const failure = await run(Infinity)
if (failure !== undefined) throw new Error(`the tests fail without any change: ${failure}`)
const limit = Math.round(4 * Number(process.hrtime.bigint() - started) / 1e6) + 5_000

const mutants = sample(readdirSync(path.join(work, 'subject')).filter(file => file.endsWith('.js')).flatMap(mutantsOf))
let killed = 0
const survivors = []
for (const [i, { file, start, end, text, line }] of mutants.entries()) {
  const target = path.join(work, 'subject', file)
  const source = readFileSync(target, 'utf8')
  writeFileSync(target, source.slice(0, start) + text + source.slice(end))
  if (await run(limit) === undefined) survivors.push(`${file}:${line}  ${source.slice(start, end).split('\n')[0].slice(0, 60)}  ->  ${text.slice(0, 60)}`)
  else killed++
  writeFileSync(target, source)
  if (process.stderr.isTTY) process.stderr.write(`\r${i + 1} of ${mutants.length}, ${killed} noticed`)
}
console.log(survivors.join('\n'))
console.log(`${name}: ${killed} of ${mutants.length} changes noticed, ${(100 * killed / mutants.length).toFixed(1)} %`)

/** Runs the tests in a process of their own; what failed first, or `undefined`. */
function run (ms) {
  return new Promise(resolve => {
    const options = { timeout: ms === Infinity ? 0 : ms, killSignal: 'SIGKILL' }
    execFile(process.execPath, ['--max-old-space-size=512', path.join(work, 'tests.mjs')], options, (error, stdout) => {
      resolve(error === null ? undefined : stdout.trim() || String(error.signal ?? error.code))
    })
  })
}

/** Every small change of a file, by the syntax it is made to. */
function mutantsOf (file) {
  const code = readFileSync(path.join(work, 'subject', file), 'utf8')
  const found = []
  const add = (node, text) => found.push({ file, start: node.start, end: node.end, text, line: code.slice(0, node.start).split('\n').length })
  const of = node => code.slice(node.start, node.end)
  const swaps = {
    '<': '<=', '<=': '<', '>': '>=', '>=': '>', '===': '!==', '!==': '===', '+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '**': '*',
    '&': '|', '|': '&', '^': '&', '<<': '>>', '>>': '<<', '>>>': '<<', '&&': '||', '||': '&&', '??': '&&', '+=': '-=', '-=': '+=', '|=': '&=', '^=': '|='
  }
  const visit = node => {
    if (node === null || typeof node !== 'object') return
    if (Array.isArray(node)) return node.forEach(visit)
    switch (node.type) {
      case 'BinaryExpression':
      case 'LogicalExpression':
      case 'AssignmentExpression':
        if (swaps[node.operator] !== undefined) add(node, `${of(node.left)} ${swaps[node.operator]} ${of(node.right)}`)
        break
      case 'UpdateExpression':
        add(node, of(node).replaceAll(node.operator, node.operator === '++' ? '--' : '++'))
        break
      case 'UnaryExpression':
        if (node.operator === '!' || node.operator === '-' || node.operator === '~') add(node, of(node.argument))
        break
      case 'IfStatement':
      case 'ConditionalExpression':
        add(node.test, 'true')
        add(node.test, 'false')
        break
      case 'Literal':
        if (typeof node.value === 'number') add(node, String(node.value + 1))
        if (typeof node.value === 'boolean') add(node, String(!node.value))
        break
      case 'ExpressionStatement':
        if (node.expression.type === 'CallExpression') add(node, ';')
        break
      case 'ReturnStatement':
        if (node.argument !== null) add(node, 'return;')
        break
      case 'BreakStatement':
      case 'ContinueStatement':
        add(node, ';')
    }
    for (const value of Object.values(node)) visit(value)
  }
  visit(parseAst(code).body.filter(({ type }) => type !== 'ImportDeclaration'))
  return found
}

/** So many of all, chosen by the seed. */
function sample (all) {
  let state = Number(seed)
  const next = () => (state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0) >>> 0
  return all.map(mutant => ({ mutant, at: next() })).sort((a, b) => a.at - b.at).slice(0, Number(many)).map(({ mutant }) => mutant)
}

async function bundleTests () {
  // Slow ones last: most changes are noticed before them.
  const files = readdirSync(path.join(dir, 'test')).filter(file => file.endsWith('.test.ts') && file !== 'size.test.ts').sort((a, b) => slow(a) - slow(b))
  const entry = path.join(work, 'entry.ts')
  writeFileSync(entry, `${files.map(file => `import ${JSON.stringify(path.join(dir, 'test', file))}`).join('\n')}\nimport { runAll } from 'vitest'\nvoid runAll()\n`)
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    treeshake: false,
    plugins: [{
      name: 'subject',
      resolveId (id) {
        if (id === `@skep/${name}`) return { id: './subject/index.js', external: 'relative' }
        if (id === 'vitest') return { id: './shim.mjs', external: 'relative' }
        return id.startsWith('.') || path.isAbsolute(id) ? undefined : { id, external: true }
      }
    }]
  })
  const { output } = await bundle.generate({ format: 'esm' })
  writeFileSync(path.join(work, 'tests.mjs'), output[0].code)
}

function slow (file) {
  return ['vectors', 'properties', 'network'].findIndex(part => file.startsWith(part)) + 1
}

async function tools () {
  const vite = createRequire(createRequire(import.meta.url).resolve('vite/package.json'))
  const load = id => import(pathToFileURL(vite.resolve(id)).href)
  return { ...await load('rolldown'), ...await load('rolldown/parseAst') }
}

/** As much of a test runner as the tests use: in order, one after another, up to the first failure. */
function shim () {
  const inner = createRequire(createRequire(import.meta.url).resolve('vitest/package.json'))
  const url = id => JSON.stringify(pathToFileURL(inner.resolve(id)).href)
  return `
import * as chai from ${url('chai')}
import { JestAsymmetricMatchers, JestChaiExpect, JestExtend } from ${url('@vitest/expect')}
import fc from 'fast-check'
for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin)
fc.configureGlobal({ seed: 1, endOnFailure: true })
const tests = []
const rows = (table, run) => (name, body) => { for (const row of table) run(name, () => body(...Array.isArray(row) ? row : [row])) }
export const expect = chai.expect
export const test = Object.assign((name, body) => { tests.push([name, body]) }, {
  each: table => rows(table, test),
  skipIf: skipped => skipped ? () => {} : test
})
export const describe = Object.assign((name, body) => { body() }, { each: table => rows(table, (name, body) => body()) })
export async function runAll () {
  for (const [name, body] of tests) {
    try {
      await body()
    } catch (error) {
      console.log(name + ': ' + String(error?.message).slice(0, 200))
      process.exit(1)
    }
  }
  process.exit(0)
}
`
}

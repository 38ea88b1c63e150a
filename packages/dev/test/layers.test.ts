import { expect, test } from 'vitest'
import { checkLayers } from '../src/checks/layers.mjs'
import { fixture } from './fixture.ts'

const layers = {
  floors: { words: 0, table: 1, means: 2, talk: 3, node: 5, api: 5 },
  exceptions: { node: ['api'] },
  adapters: { maxFloor: 2, packages: ['store-disk'] },
  testsOnly: ['vectors']
}

/** A package.json and its tsconfig.json, with references that fit. */
function manifest (name: string, dependencies: string[] = [], group = 'packages'): Record<string, object> {
  return {
    [`${group}/${name}/package.json`]: { name: `@t/${name}`, dependencies: Object.fromEntries(dependencies.map(d => [`@t/${d}`, 'workspace:^'])) },
    [`${group}/${name}/tsconfig.json`]: { references: dependencies.map(d => ({ path: group === 'packages' ? `../${d}` : `../../packages/${d}` })) }
  }
}

const check = (files: Record<string, string | object>): string[] => checkLayers(fixture(files), layers)

test('lower floors, adapters below their limit, the assembly and examples pass', () => {
  expect(check({
    ...manifest('words'),
    ...manifest('means', ['words']),
    ...manifest('store-disk', ['means']),
    ...manifest('api'),
    ...manifest('node', ['means', 'store-disk', 'api']),
    ...manifest('demo', ['node', 'store-disk'], 'examples'),
    'packages/means/src/index.ts': 'import type { A } from \'@t/words\'\nexport const a: A = 1\n',
    'packages/means/test/a.test.ts': 'import \'@t/store-disk\'\n'
  })).toEqual([])
})

test.each<[string, string, string[], string]>([
  ['a floor above', 'words', ['table'], '@t/words'],
  ['its own floor', 'api', ['node'], '@t/api'],
  ['an adapter from below the assembly', 'talk', ['store-disk'], 'adapter'],
  ['a protocol from an adapter', 'store-disk', ['talk'], 'an adapter imports floors 0 to 2'],
  ['what is for tests', 'table', ['vectors'], 'for tests and examples only']
])('%s is refused in a package.json', (_, from, to) => {
  const problems = check({ ...manifest('words'), ...manifest('table'), ...manifest('node'), ...manifest('api'), ...manifest('talk'), ...manifest('store-disk'), ...manifest('vectors'), ...manifest(from, to) })
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(`packages/${from}/package.json: ${to[0]} `)
})

test.each([
  ['an import', 'import { a } from \'@t/talk\'\n'],
  ['a type import', 'import type { A } from \'@t/talk\'\n'],
  ['a re-export', 'export * from \'@t/talk/deep\'\n'],
  ['an import()', 'const a = await import(\'@t/talk\')\n']
])('%s of a higher floor is refused in the sources', (_, source) => {
  expect(check({ ...manifest('talk'), ...manifest('table'), 'packages/table/src/deep/a.ts': source }))
    .toEqual(['packages/table/src/deep/a.ts: talk stands on floor 3, table on floor 1; only lower floors may be imported'])
})

test('an import that package.json does not declare is refused', () => {
  expect(check({ ...manifest('words'), ...manifest('table'), 'packages/table/src/a.ts': 'import \'@t/words\'\nimport \'left-pad\'\nimport \'node:fs\'\n' })).toEqual([
    'packages/table/src/a.ts: @t/words is imported and is no dependency',
    'packages/table/src/a.ts: left-pad is imported and is no dependency'
  ])
})

test('a path into another package is refused, in tests too', () => {
  expect(check({ ...manifest('words'), ...manifest('table'), 'packages/table/test/a.ts': 'import \'../../words/src/a.ts\'\nimport \'../src/b.ts\'\n' }))
    .toEqual(['packages/table/test/a.ts: ../../words/src/a.ts leaves the package; packages are imported by name'])
})

test('references that are not the dependencies are refused', () => {
  expect(check({ ...manifest('words'), ...manifest('table', ['words']), ...manifest('means', ['words']), 'packages/means/tsconfig.json': { references: [{ path: '../table' }] } })).toEqual([
    'packages/means/tsconfig.json: @t/words is a dependency and no reference',
    'packages/means/tsconfig.json: table is a reference and no dependency'
  ])
})

test('a package that layers.json does not know is refused', () => {
  expect(check(manifest('stray'))).toEqual(['packages/stray/package.json: layers.json has no floor for stray'])
})

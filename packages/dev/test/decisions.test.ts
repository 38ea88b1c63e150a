import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { readJson, ROOT, workspace } from '../src/workspace.mjs'

test('every dependency has its line in the decision about dependencies', () => {
  const lines = readFileSync(path.join(ROOT, 'docs/decisions/0008-dependencies.md'), 'utf8')
  const manifests = [...workspace().map(({ manifest }) => manifest), readJson(path.join(ROOT, 'package.json')) as Record<string, Record<string, string>>]
  const names = manifests.flatMap(({ dependencies, devDependencies }) => Object.keys({ ...dependencies, ...devDependencies }))
  const own = new Set(workspace().map(({ manifest }) => manifest.name))
  expect(names.filter(name => !own.has(name) && !lines.includes(`\`${name}\``))).toEqual([])
})

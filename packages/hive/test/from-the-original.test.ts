import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const page = readFileSync(join(root, 'docs/from-the-original.md'), 'utf8')

interface Row {
  readonly id: string
  readonly folder: string
  readonly names: readonly string[]
}

const rows: Row[] = page.split('\n').filter(line => /^\| A\d/.test(line)).map(line => {
  const [, id, , folder, names] = line.split('|').map(cell => cell.trim())
  return { id: id!, folder: folder!, names: Array.from(names!.matchAll(/`([^`]+)`/g), ([, name]) => name!) }
})

/** The files of a package that its index exports a name from. */
function sourcesOf (folder: string, name: string): string[] {
  const source = join(root, 'packages', folder, 'src')
  const index = readFileSync(join(source, 'index.ts'), 'utf8')
  return Array.from(index.matchAll(/export (?:type )?\{([^}]*)\} from '(\.[^']+)'/g))
    .filter(([, names]) => names!.split(',').some(each => each.trim().replace(/^type /, '') === name))
    .map(([, , file]) => join(source, file!))
}

/** Whether a file declares a name, and within that a member. */
function declares (file: string, name: string, member: string | undefined): boolean {
  const text = readFileSync(file, 'utf8')
  const begin = new RegExp(`export (?:declare )?(?:abstract )?(?:async )?(?:class|interface|const|function|type) ${name}\\b`).exec(text)
  if (begin === null) return false
  if (member === undefined) return true
  const rest = text.slice(begin.index)
  const end = rest.search(/\n\}/)
  const body = end < 0 ? rest : rest.slice(0, end)
  return new RegExp(`[\\n{,]\\s*(?:(?:readonly|get|async|static) )*${member}\\??(?: \\(|<|: |, )`).test(body)
}

describe('what the original documents', () => {
  test('is all there, A1 to A34', () => {
    const ids = new Set(rows.map(({ id }) => id))
    expect([...ids].sort()).toEqual(Array.from({ length: 34 }, (_, i) => `A${i + 1}`).sort())
  })

  test.each(rows.flatMap(({ id, folder, names }) => names.map(name => [id, folder, name] as const)))('%s has its place in %s: %s', (_, folder, path) => {
    const [name, member] = path.split('.') as [string, string | undefined]
    const sources = sourcesOf(folder, name)
    expect(sources.filter(existsSync)).toHaveLength(1)
    expect(declares(sources[0]!, name, member)).toBe(true)
  })

  test('would be missed', () => {
    expect(sourcesOf('hive', 'Nothing')).toEqual([])
    const [hive] = sourcesOf('hive', 'Hive')
    expect(declares(hive!, 'Hive', 'nothing')).toBe(false)
    expect(declares(hive!, 'Hive', 'limits')).toBe(false)
    expect(declares(hive!, 'Hive', 'start')).toBe(true)
  })
})

import { SeededRandom } from '@skep/sim'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDataFolder } from '../../src/cli/data-folder.ts'

let base: string
let folder: string
const random = new SeededRandom(1)
beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'skep-test-'))
  folder = path.join(base, 'new', 'data')
})
afterEach(async () => await rm(base, { recursive: true }))

/** Opens and closes, and gives the key. */
async function visit (): Promise<Uint8Array> {
  const { key, store, bodies } = await openDataFolder(folder, random)
  await store.close()
  await bodies.close()
  return key
}

describe("a node's folder", () => {
  test('is made with a mark and a key that nobody else reads', async () => {
    await visit()
    expect(JSON.parse(await readFile(path.join(folder, 'skep.json'), 'utf8'))).toEqual({ skep: 'node', format: 1 })
    expect((await stat(path.join(folder, 'key'))).mode & 0o777).toBe(0o600)
  })

  test('keeps its key', async () => {
    expect(await visit()).toEqual(await visit())
  })

  test('takes back a key that was opened to others', async () => {
    await visit()
    await chmod(path.join(folder, 'key'), 0o644)
    await visit()
    expect((await stat(path.join(folder, 'key'))).mode & 0o777).toBe(0o600)
  })

  test('is held by one at a time', async () => {
    const { store, bodies } = await openDataFolder(folder, random)
    await expect(openDataFolder(folder, random)).rejects.toThrow('another node runs on it')
    await store.close()
    await bodies.close()
    await visit()
  })

  test('that is not empty and not ours is left alone', async () => {
    await mkdir(folder, { recursive: true })
    await writeFile(path.join(folder, 'letter.txt'), 'dear')
    await expect(visit()).rejects.toThrow('no skep data folder')
    expect(await stat(path.join(folder, 'store')).catch(() => undefined)).toBeUndefined()
  })

  test.each(['{', '[]', 'null', '{}', '{"skep":"node"}', '{"skep":"hive","format":1}', '{"skep":"node","format":"1"}'])('whose mark is %s is left alone', async mark => {
    await mkdir(folder, { recursive: true })
    await writeFile(path.join(folder, 'skep.json'), mark)
    await expect(visit()).rejects.toThrow('not of a skep data folder')
  })

  test('of a newer version is left alone', async () => {
    await mkdir(folder, { recursive: true })
    await writeFile(path.join(folder, 'skep.json'), '{"skep":"node","format":2}')
    await expect(visit()).rejects.toThrow('newer version')
  })

  test('that is a file is refused', async () => {
    await mkdir(path.dirname(folder), { recursive: true })
    await writeFile(folder, '')
    await expect(visit()).rejects.toThrow('not a data folder')
  })

  test('whose key is damaged is refused, and the key is kept', async () => {
    await visit()
    await writeFile(path.join(folder, 'key'), 'xyz')
    await expect(visit()).rejects.toThrow('holds no key')
    expect(await readFile(path.join(folder, 'key'), 'utf8')).toBe('xyz')
  })

  test('that holds chunks but no key any more is refused', async () => {
    const { store, bodies } = await openDataFolder(folder, random)
    await store.batch([{ type: 'put', key: new Uint8Array(1), value: new Uint8Array(1) }])
    await store.close()
    await bodies.close()
    await rm(path.join(folder, 'key'))
    await expect(visit()).rejects.toThrow('the key is gone')
  })
})

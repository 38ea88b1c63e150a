import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fileSource, sample, SAMPLE_SIZE, type Source } from '../../src/start/source.ts'

async function digest (source: Source): Promise<{ size: number, sha256: string }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const bytes of source.open()) {
    size += bytes.length
    hash.update(bytes)
  }
  return { size, sha256: hash.digest('hex') }
}

describe('the sample', () => {
  test('is 8 MiB, the same every time', async () => {
    const first = await digest(sample())
    expect(first.size).toBe(SAMPLE_SIZE)
    expect(first).toEqual(await digest(sample()))
    expect(first.sha256).toBe('712e5a7a2aa783baa5127829adf3ac2ba75d92d96009567e8f7a890a7c1a3ee7')
  })

  test('has no two blocks alike', async () => {
    const seen = new Set<string>()
    for await (const block of sample().open()) {
      for (let at = 0; at < block.length; at += 4096) seen.add(Buffer.from(block.subarray(at, at + 16)).toString('hex'))
    }
    expect(seen.size).toBe(SAMPLE_SIZE / 4096)
  })
})

describe('a file', () => {
  let folder: string
  beforeEach(async () => { folder = await mkdtemp(path.join(tmpdir(), 'skep-test-')) })
  afterEach(async () => await rm(folder, { recursive: true }))

  test('is read from its beginning each time', async () => {
    const file = path.join(folder, 'a')
    await writeFile(file, 'hello')
    const source = await fileSource(file)
    expect(source).toMatchObject({ name: 'a', size: 5 })
    expect(await digest(source)).toEqual(await digest(source))
  })

  test('that is not there, or is a folder, is refused', async () => {
    await expect(fileSource(path.join(folder, 'none'))).rejects.toThrow('no such file')
    await expect(fileSource(folder)).rejects.toThrow('read twice')
  })

  test('that changes meanwhile is noticed', async () => {
    const file = path.join(folder, 'a')
    await writeFile(file, 'hello')
    const source = await fileSource(file)
    await writeFile(file, 'hell')
    await expect(digest(source)).rejects.toThrow('changed')
    await rm(file)
    await expect(digest(source)).rejects.toThrow('cannot be read')
  })
})

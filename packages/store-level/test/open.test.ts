import { levelStore } from '@skep/store-level'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folder } from './folder.ts'

const key = Uint8Array.of(1)

test('a folder that is held is refused with a code, and free again after closing', async () => {
  const place = await folder()
  const first = await levelStore(place)
  await first.batch([{ type: 'put', key, value: key }])
  await expect(levelStore(place)).rejects.toMatchObject({ name: 'LevelStoreError', code: 'STORE_LOCKED' })
  expect(await first.get(key)).toEqual(key)
  await first.close()
  const second = await levelStore(place)
  expect(await second.get(key)).toEqual(key)
  await second.close()
})

test('a place that is a file is refused with a code', async () => {
  const place = join(await folder(), 'file')
  await writeFile(place, 'not a store')
  await expect(levelStore(place)).rejects.toMatchObject({ code: 'STORE_OPEN_FAILED' })
})

test('a folder with damaged tables of contents is refused with a code', async () => {
  const place = await folder()
  await (await levelStore(place)).close()
  await writeFile(join(place, 'CURRENT'), 'nonsense')
  await expect(levelStore(place)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
})

test('write buffer, open files and block are bounded', async () => {
  const place = await folder()
  await (await levelStore(place, { writeBufferSize: 16 << 20 })).close()
  await expect(levelStore(place, { writeBufferSize: (16 << 20) + 1 })).rejects.toThrow(RangeError)
  await expect(levelStore(place, { writeBufferSize: 0 })).rejects.toThrow(RangeError)
  await expect(levelStore(place, { maxOpenFiles: 73 })).rejects.toThrow(RangeError)
  await (await levelStore(place, { maxOpenFiles: 74 })).close()
  await (await levelStore(place, { blockSize: 1 << 20 })).close()
  await expect(levelStore(place, { blockSize: (1 << 20) + 1 })).rejects.toThrow(RangeError)
  await expect(levelStore(place, { blockSize: 0 })).rejects.toThrow(RangeError)
})

test('a closed store says so', async () => {
  const store = await levelStore(await folder())
  await store.close()
  await expect(store.get(key)).rejects.toMatchObject({ code: 'STORE_CLOSED' })
})

test('closing in the middle of an iteration ends it with a code', async () => {
  const store = await levelStore(await folder())
  await store.batch(Array.from({ length: 600 }, (_, i) => ({ type: 'put', key: Uint8Array.of(i >> 8, i), value: key })))
  const iterate = async (): Promise<void> => {
    for await (const [k] of store.range()) if (k[0] === 0 && k[1] === 0) await store.close()
  }
  await expect(iterate()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
})

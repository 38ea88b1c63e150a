import type { Random, Store } from '@skep/interface'
import { generateKey } from '@skep/identity'
import { fromHex, toHex } from '@skep/pot'
import { levelStore } from '@skep/store-level'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { CliError } from './errors.ts'

/** The layout this program writes. One that it does not know is never touched. */
export const FORMAT = 1

/** Says whose the folder is: `{"skep":"node","format":1}`. */
const MARK = 'skep.json'
const KEY = 'key'
const STORE = 'store'
const BODIES = 'bodies'

/**
 * Smaller than the store's own defaults: LevelDB maps up to twelve tables of this size at once
 * while it merges, and a 1 GiB upload then peaks at 250 MiB of memory instead of 300 (measured).
 */
const LEVEL = { writeBufferSize: 3 << 20, cacheSize: 4 << 20 }

/**
 * Chunks are seldom read twice from here, and are never merged, so a table is as large as the
 * buffer it was written from. 64 tables of 1 MiB are mapped at a time: more wins nothing, and
 * looks like memory in use. Fifteen chunks make a block: one to a block costs a fifth more to write.
 */
const BODIES_LEVEL = { writeBufferSize: 1 << 20, cacheSize: 1 << 20, maxOpenFiles: 74, blockSize: 64 << 10 }

/** A node's folder, held by this process until the store is closed. */
export interface DataFolder {
  readonly key: Uint8Array
  readonly store: Store
  /** Where the bodies of chunks lie. */
  readonly bodies: Store
}

/**
 * Opens a node's folder, and makes it where there is none.
 *
 * The store's own lock is the folder's: it goes with the process, however that ends, and
 * nothing but the mark is written before it is held.
 *
 * @throws CliError - if the folder is not ours, is newer than this program, or in use.
 */
export async function openDataFolder (folder: string, random: Random): Promise<DataFolder> {
  await mark(folder)
  const { store, bodies } = await openStores(folder)
  try {
    return { key: await readKey(folder) ?? await makeKey(folder, store, random), store, bodies }
  } catch (error) {
    await bodies.close()
    await store.close()
    throw error
  }
}

/** Opens the two stores in a folder, as every node of this program has them. */
export async function openStores (folder: string): Promise<Pick<DataFolder, 'store' | 'bodies'>> {
  const store = await openStore(folder)
  try {
    return { store, bodies: await levelStore(path.join(folder, BODIES), BODIES_LEVEL) }
  } catch (error) {
    await store.close()
    throw error
  }
}

async function mark (folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new CliError(`${folder}: it is a file, not a data folder`)
    throw error
  })
  const text = await readFile(path.join(folder, MARK), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text !== undefined) return checkMark(folder, text)
  const entries = await readdir(folder)
  if (entries.some(name => !name.startsWith(`${MARK}.`))) {
    throw new CliError(`${folder}: it holds other files and no ${MARK}, so it is no skep data folder; give an empty or a new one`)
  }
  await writeWhole(path.join(folder, MARK), `${JSON.stringify({ skep: 'node', format: FORMAT })}\n`, 0o644)
}

function checkMark (folder: string, text: string): void {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {}
  const { skep, format } = (typeof value === 'object' && value !== null ? value : {}) as { skep?: unknown, format?: unknown }
  if (skep !== 'node' || !Number.isSafeInteger(format)) throw new CliError(`${folder}: its ${MARK} is not of a skep data folder`)
  if ((format as number) > FORMAT) {
    throw new CliError(`${folder}: a newer version wrote it (format ${String(format)}; this version knows ${FORMAT})`)
  }
  if ((format as number) < FORMAT) throw new CliError(`${folder}: format ${String(format)} does not exist`)
}

async function openStore (folder: string): Promise<Store> {
  try {
    return await levelStore(path.join(folder, STORE), LEVEL)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'STORE_LOCKED') throw new CliError(`${folder}: another node runs on it`, { cause: error })
    throw error
  }
}

async function readKey (folder: string): Promise<Uint8Array | undefined> {
  const file = path.join(folder, KEY)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  if (!/^[0-9a-f]{64}\s*$/.test(text)) throw new CliError(`${file}: it holds no key (64 hex characters)`)
  // Copying a folder about may have opened the file to others.
  if (((await stat(file)).mode & 0o077) !== 0) await chmod(file, 0o600)
  return fromHex(text.trim())
}

async function makeKey (folder: string, store: Store, random: Random): Promise<Uint8Array> {
  for await (const _ of store.range({ limit: 1 })) {
    throw new CliError(`${path.join(folder, KEY)}: the key is gone, and what is stored belongs to it; bring it back, or take another folder`)
  }
  const key = generateKey(random)
  await writeWhole(path.join(folder, KEY), `${toHex(key)}\n`, 0o600)
  return key
}

/** Writes a file that is there whole and on disk, or not at all. */
async function writeWhole (file: string, text: string, mode: number): Promise<void> {
  const part = `${file}.${randomBytes(6).toString('hex')}`
  const handle = await open(part, 'wx', mode)
  try {
    await handle.writeFile(text)
    await handle.sync()
    await handle.close()
    await rename(part, file)
  } catch (error) {
    await handle.close().catch(() => {})
    await rm(part, { force: true })
    throw error
  }
}

/**
 * Recorded data of the original, for conformance tests.
 *
 * @packageDocumentation
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const data = join(import.meta.dirname, '../data')

/**
 * Reads one file of the recorded set, `pot` for `pot.json`.
 *
 * The environment variable `SKEP_VECTORS` names another folder with a recording of
 * the same files; a file missing there is `undefined`, and its tests are skipped.
 */
export function vectors (name: string): any {
  return read(process.env.SKEP_VECTORS ?? data, name)
}

/** Reads one file of the second, independent set, recorded beside the specification. */
export function specVectors (name: string): any {
  return read(join(data, 'spec'), name)
}

function read (folder: string, name: string): unknown {
  const file = join(folder, `${name}.json`)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

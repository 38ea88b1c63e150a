import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { CliError } from '../cli/errors.ts'

/** Bytes of the sample. */
export const SAMPLE_SIZE = 8 << 20

/** Bytes the sample is made of at a time. */
const BLOCK = 64 * 1024

/** Something to sync: it can be read again from its beginning, and is the same each time. */
export interface Source {
  readonly name: string
  readonly size: number
  open (): AsyncIterable<Uint8Array>
}

/** The sample: bytes that look random, the same every time and on every machine. */
export function sample (size: number = SAMPLE_SIZE): Source {
  return {
    name: 'sample',
    size,
    async * open () {
      let state = 0x6b_65_70_73
      for (let at = 0; at < size; at += BLOCK) {
        const block = new Uint8Array(Math.min(BLOCK, size - at))
        for (let i = 0; i < block.length; i++) {
          // xorshift32 (Marsaglia, "Xorshift RNGs", 2003).
          state ^= state << 13
          state ^= state >>> 17
          state ^= state << 5
          block[i] = state
        }
        yield block
      }
    }
  }
}

/**
 * A file on disk.
 *
 * @throws CliError - if there is no such file, or it is none that can be read twice.
 */
export async function fileSource (file: string): Promise<Source> {
  const stats = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new CliError(`${file}: no such file`)
    throw error
  })
  if (!stats.isFile()) throw new CliError(`${file}: it is no file that can be read twice`)
  return {
    name: path.basename(file),
    size: stats.size,
    async * open () {
      let size = 0
      try {
        for await (const block of createReadStream(file) as AsyncIterable<Buffer>) {
          size += block.length
          yield block
        }
      } catch (cause) {
        throw new CliError(`${file}: it cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
      }
      if (size !== stats.size) throw new CliError(`${file}: it changed while it was read`)
    }
  }
}

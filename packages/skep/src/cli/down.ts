import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ApiClient } from './client.ts'
import { CliError } from './errors.ts'
import { print, type Io } from './io.ts'
import { withSignals } from './signals.ts'

/** `skep down`: fetches a file. A file on disk appears under its name when it is whole, or not at all. */
export async function down (reference: string, options: { readonly output?: string, readonly api: string }, io: Io, unread: AbortSignal): Promise<void> {
  const client = new ApiClient(options.api)
  try {
    await withSignals(io, async stopped => {
      const signal = AbortSignal.any([stopped, unread])
      const body = await client.call(`/bytes/${reference}`, { signal })
      try {
        if (options.output === undefined) for await (const part of body as AsyncIterable<Uint8Array>) await print(io.stdout, part)
        else await save(body, options.output, signal)
      } catch (error) {
        signal.throwIfAborted()
        if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
        throw new CliError(`the file broke off: the node could not get all of ${reference}`, { cause: error })
      }
      unread.throwIfAborted()
    })
  } finally {
    client.close()
  }
}

async function save (body: Readable, output: string, signal: AbortSignal): Promise<void> {
  const stats = await stat(output).catch(() => undefined)
  if (stats?.isDirectory() === true) throw new CliError(`${output}: it is a folder`)
  // A device or a pipe is written to; only a file can be replaced.
  if (stats !== undefined && !stats.isFile()) return await pipeline(body, createWriteStream(output), { signal })
  const part = path.join(path.dirname(output), `.${path.basename(output)}.${randomBytes(6).toString('hex')}.part`)
  try {
    await pipeline(body, createWriteStream(part, { flags: 'wx' }), { signal })
    await rename(part, output)
  } catch (error) {
    await rm(part, { force: true })
    throw (error as NodeJS.ErrnoException).path === part ? Object.assign(error as Error, { path: output }) : error
  }
}

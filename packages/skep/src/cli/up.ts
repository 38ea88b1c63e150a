import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { ApiClient } from './client.ts'
import { CliError } from './errors.ts'
import { print, type Io } from './io.ts'

/** `skep up`: sends a file or stdin, and prints the reference. */
export async function up (file: string, { api }: { readonly api: string }, io: Io, signal: AbortSignal): Promise<void> {
  const client = new ApiClient(api)
  try {
    const { reference } = await client.json<{ reference: string }>('/bytes', { method: 'POST', signal, silence: 0, ...await source(file, io) })
    await print(io.stdout, `${reference}\n`)
  } finally {
    client.close()
  }
}

async function source (file: string, io: Io): Promise<{ readonly body: AsyncIterable<Uint8Array>, readonly length?: number }> {
  if (file === '-') return { body: io.stdin }
  const stats = await stat(file)
  if (stats.isDirectory()) throw new CliError(`${file}: it is a folder`)
  const body = createReadStream(file)
  // A file that does not open is to be told before anything is sent.
  await new Promise((resolve, reject) => body.once('open', resolve).once('error', reject))
  return stats.isFile() ? { body, length: stats.size } : { body }
}

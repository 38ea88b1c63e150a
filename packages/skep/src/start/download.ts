import { createHash } from 'node:crypto'
import { CliError } from '../cli/errors.ts'
import type { Cluster } from './cluster.ts'
import type { Member } from './member.ts'
import type { Uploaded } from './upload.ts'

/**
 * Fetches a file back and compares it with what was sent; begins again when it breaks off.
 *
 * @throws CliError - when other bytes come back than were sent.
 */
export async function download (cluster: Cluster, member: Member, { source, reference, digest }: Uploaded): Promise<void> {
  await cluster.ask(member, `download of ${source.name}`, async (client, signal) => {
    const hash = createHash('sha256')
    let size = 0
    for await (const bytes of await client.call(`/bytes/${reference}`, { signal }) as AsyncIterable<Uint8Array>) {
      hash.update(bytes)
      size += bytes.length
    }
    const found = hash.digest('hex')
    if (found !== digest) {
      throw new CliError(`${member.name} gave ${size} bytes with SHA-256 ${found} for ${source.name}; sent were ${source.size} with ${digest}`)
    }
  })
}

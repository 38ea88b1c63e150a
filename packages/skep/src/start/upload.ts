import { createHash } from 'node:crypto'
import type { ApiClient } from '../cli/client.ts'
import type { Cluster } from './cluster.ts'
import type { Member } from './member.ts'
import type { Source } from './source.ts'
import { treeAddresses } from './tree.ts'

/** A file that one node has taken. */
export interface Uploaded {
  readonly source: Source
  readonly reference: string
  /** SHA-256 of what was sent, hex. */
  readonly digest: string
}

/** Sends a file to a node; begins again from its first byte when the node dies. */
export async function upload (cluster: Cluster, member: Member, source: Source): Promise<Uploaded> {
  return await cluster.ask(member, `upload of ${source.name}`, async (client, signal) => {
    const hash = createHash('sha256')
    const body = async function * (): AsyncGenerator<Uint8Array> {
      for await (const bytes of source.open()) {
        hash.update(bytes)
        yield bytes
      }
    }
    const { reference } = await client.json<{ reference: string }>('/bytes', { method: 'POST', body: body(), length: source.size, signal })
    return { source, reference, digest: hash.digest('hex') }
  })
}

/** The addresses of all chunks of a file, from a node that has them all. */
export async function addressesOf (cluster: Cluster, member: Member, reference: string): Promise<Set<string>> {
  return await cluster.ask(member, 'reading the tree', async (client, signal) =>
    await treeAddresses(reference, async address => await chunk(client, address, signal)))
}

async function chunk (client: ApiClient, address: string, signal: AbortSignal): Promise<Uint8Array> {
  const parts: Buffer[] = []
  for await (const part of await client.call(`/chunks/${address}`, { signal }) as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts)
}

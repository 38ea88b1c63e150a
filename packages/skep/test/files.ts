import type { Address } from '@skep/interface'
import type { VirtualClock } from '@skep/sim'
import { split } from '@skep/chunk'
import type { Node } from 'skep'

export async function * once (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** The addresses of all chunks of a file. */
export async function addressesOf (file: Uint8Array): Promise<Address[]> {
  const out: Address[] = []
  for await (const { address } of split(once(file), { rule: 'bee' })) out.push(address)
  return out
}

/** Downloads a file under a virtual clock. */
export async function read (node: Node, reference: Address, clock: VirtualClock): Promise<Uint8Array> {
  let done: Uint8Array | undefined
  let failed: unknown
  void (async () => {
    const { size, body } = await node.download(reference)
    const out = new Uint8Array(size)
    let at = 0
    for await (const bytes of body) { out.set(bytes, at); at += bytes.length }
    done = out
  })().catch((error: unknown) => { failed = error })
  await clock.until(() => done !== undefined || failed !== undefined, 120_000)
  if (failed !== undefined) throw failed
  return done!
}

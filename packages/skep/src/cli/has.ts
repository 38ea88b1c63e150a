import { ApiClient } from './client.ts'
import { print, type Io } from './io.ts'

/** Addresses asked about at once; the API takes 4,096. */
const BATCH = 1024

/** `skep has`: one line for each address, and exit code 1 when one is not there. */
export async function has (addresses: readonly string[], { api }: { readonly api: string }, io: Io): Promise<number> {
  const client = new ApiClient(api)
  let all = true
  try {
    for (let at = 0; at < addresses.length; at += BATCH) {
      const batch = addresses.slice(at, at + BATCH)
      const { has } = await client.json<{ has: boolean[] }>('/chunks/has', { method: 'POST', body: JSON.stringify({ addresses: batch }) })
      all &&= has.every(held => held)
      await print(io.stdout, batch.map((address, i) => `${address} ${has[i] === true ? 'yes' : 'no'}\n`).join(''))
    }
  } finally {
    client.close()
  }
  return all ? 0 : 1
}

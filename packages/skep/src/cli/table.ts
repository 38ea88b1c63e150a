import { ApiClient } from './client.ts'
import { print, type Io } from './io.ts'

/** `skep table`: the Kademlia table as text. */
export async function table ({ api }: { readonly api: string }, io: Io): Promise<void> {
  const client = new ApiClient(api)
  try {
    const text = await client.text('/table')
    await print(io.stdout, text.endsWith('\n') ? text : `${text}\n`)
  } finally {
    client.close()
  }
}

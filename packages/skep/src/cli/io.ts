import type { Readable, Writable } from 'node:stream'

/** What a command has of its process. */
export interface Io {
  readonly stdin: Readable
  readonly stdout: Writable & { readonly isTTY?: boolean, readonly columns?: number }
  readonly stderr: Writable
  readonly env: Readonly<Record<string, string | undefined>>
  readonly pid: number
  on (signal: NodeJS.Signals, listener: () => void): unknown
  off (signal: NodeJS.Signals, listener: () => void): unknown
}

/** Writes and waits until the bytes are taken, so that a slow reader holds us back. */
export async function print (out: Writable, text: string | Uint8Array): Promise<void> {
  if (out.destroyed) return
  await new Promise<void>(resolve => {
    if (out.write(text)) return resolve()
    const done = (): void => {
      out.off('drain', done)
      out.off('close', done)
      resolve()
    }
    out.on('drain', done)
    out.on('close', done)
  })
}

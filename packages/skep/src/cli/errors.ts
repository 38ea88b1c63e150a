import { ApiFailure } from './client.ts'

/** A failure that the user can do something about; its message is all there is to say. */
export class CliError extends Error {
  override readonly name = 'CliError'
}

/** What the operating system's codes mean to a user. */
const SYSTEM: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'the address is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  EDQUOT: 'the quota is used up',
  EEXIST: 'it exists already',
  EISDIR: 'it is a folder',
  EMFILE: 'too many open files',
  ENOENT: 'no such file or folder',
  ENOSPC: 'no space is left',
  ENOTDIR: 'part of the path is not a folder',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only'
}

/** Says in one line what went wrong. */
export function describe (error: unknown): string {
  if (error instanceof CliError || error instanceof ApiFailure) return oneLine(error.message)
  if (!(error instanceof Error)) return oneLine(String(error))
  const { code, path } = error as NodeJS.ErrnoException
  const meaning = code === undefined ? undefined : SYSTEM[code]
  if (meaning !== undefined) return oneLine(path === undefined ? `${meaning} (${error.message})` : `${path}: ${meaning}`)
  const cause = error.cause instanceof Error ? describe(error.cause) : ''
  return oneLine(cause === '' || error.message.includes(cause) ? error.message : `${error.message}: ${cause}`)
}

function oneLine (text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim()
}

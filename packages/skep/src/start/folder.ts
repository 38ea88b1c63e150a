import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** A folder that does not outlive this process. */
export interface TemporaryFolder {
  readonly path: string
  /** Removes it. */
  remove (): Promise<void>
}

/**
 * Makes a temporary folder.
 *
 * A small process watches us and removes it if we cannot any more, after a SIGKILL for example.
 */
export async function temporaryFolder (): Promise<TemporaryFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'skep-start-'))
  const janitor = spawn(process.execPath, [fileURLToPath(new URL('./janitor.js', import.meta.url)), folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const gone = once(janitor, 'exit').catch(() => {})
  janitor.stdin.on('error', () => {})
  return {
    path: folder,
    async remove () {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
      // It finds nothing left to do, and leaves.
      janitor.stdin.end()
      await gone
    }
  }
}

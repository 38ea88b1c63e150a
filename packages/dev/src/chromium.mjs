import { existsSync } from 'node:fs'

/** Where the browser of the browser tests is; nothing ever downloads one. */
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

export const chromiumArguments = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'
]

/** Whether the browser tests can run. */
export function hasChromium () {
  return existsSync(CHROMIUM)
}

#!/usr/bin/env node
import { existsSync } from 'node:fs'
import process from 'node:process'

const built = new URL('../dist/cli/main.js', import.meta.url)
if (existsSync(built)) {
  const { tuneEngine } = await import(new URL('engine.js', built).href)
  tuneEngine()
  const { main } = await import(built.href)
  process.exitCode = await main(process.argv.slice(2), process)
  // What is left open now is of no use to anybody: a connection kept alive, a pipe nobody reads.
  setTimeout(() => process.exit(), 500).unref()
} else {
  process.stderr.write('skep: it is not built yet; npm run build does that\n')
  process.exitCode = 1
}

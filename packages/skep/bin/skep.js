#!/usr/bin/env node
import process from 'node:process'
import { main } from '../dist/cli/main.js'

process.exitCode = await main(process.argv.slice(2), process)
// What is left open now is of no use to anybody: a connection kept alive, a pipe nobody reads.
setTimeout(() => process.exit(), 500).unref()

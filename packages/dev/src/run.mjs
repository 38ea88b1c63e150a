import { spawn } from 'node:child_process'
import path from 'node:path'
import { ROOT } from './workspace.mjs'

/**
 * Runs a command to its end and keeps what it printed.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<{ code: number, output: string, stdout: string }>}
 */
export function capture (command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let stdout = ''
    child.stdout?.setEncoding('utf8').on('data', text => { output += text; stdout += text })
    child.stderr?.setEncoding('utf8').on('data', text => { output += text })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code: code ?? (signal === null ? 1 : 130), output, stdout }))
  })
}

/** The path of a tool that the repository installs. @param {string} name */
export function tool (name) {
  return path.join(ROOT, 'node_modules/.bin', process.platform === 'win32' ? `${name}.cmd` : name)
}

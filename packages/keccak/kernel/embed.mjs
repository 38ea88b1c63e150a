/** Writes a kernel as a TypeScript module, so that it needs neither a file nor a fetch at run time. */
import { readFileSync, writeFileSync } from 'node:fs'

/** The largest module that every browser has always compiled synchronously on its main thread. */
const SYNCHRONOUS = 4096

/** Gives the text of the module that embeds the kernels, by the name of the constant. */
export function embedding (script, kernels) {
  const constants = Object.entries(kernels).map(([name, { about, bytes }]) => {
    if (!WebAssembly.validate(bytes)) throw new Error(`${name} is no valid module`)
    if (bytes.length > SYNCHRONOUS) throw new Error(`${name} has ${bytes.length} bytes, more than ${SYNCHRONOUS}`)
    return `/** ${about} ${bytes.length} bytes in base64. */\nexport const ${name} = '${Buffer.from(bytes).toString('base64')}'\n`
  })
  return [`// Made by ${script}: do not edit.\n`, ...constants].join('\n')
}

/** Writes the file, or with `--check` compares it and sets the exit code. */
export function embed (file, text) {
  if (!process.argv.includes('--check')) return writeFileSync(file, text)
  if (readFileSync(file, 'utf8') !== text) {
    console.error(`${file.pathname} is not what its script makes`)
    process.exitCode = 1
  }
}

import { checkDocuments } from './checks/documents.mjs'
import { checkLayers } from './checks/layers.mjs'
import { checkLint } from './checks/lint.mjs'
import { checkUnused } from './checks/unused.mjs'

/** The checks over the whole repository, by the name they are printed under. They need a build. */
const CHECKS = {
  'layers: who imports whom': () => checkLayers(),
  'lint: correctness, floating promises, ambient time and randomness': () => checkLint(),
  'unused: dependencies, files, exports': () => checkUnused(),
  'documents: code in READMEs, docs and doc comments': () => checkDocuments()
}

/**
 * Runs all checks at once and prints what each found.
 *
 * @returns {Promise<boolean>} whether all found nothing
 */
export async function runChecks () {
  const results = await Promise.all(Object.entries(CHECKS).map(async ([name, check]) => {
    const problems = await check()
    process.stdout.write(`${problems.length === 0 ? 'ok  ' : 'FAIL'}  ${name}\n${problems.map(line => `      ${line}\n`).join('')}`)
    return problems.length
  }))
  return results.every(found => found === 0)
}

/**
 * @typedef {object} CodeBlock a fenced block of TypeScript
 * @property {number} line the line of its first line of code, from 1
 * @property {string} code
 * @property {string} [output] what it prints, if the document says so
 */

/** The opening line of a fence: its indentation, and its language. */
const OPENING = /^(\s*)```(\w*)\s*$/

/**
 * Finds the `ts` blocks of a Markdown text.
 *
 * A `text` block is taken for the output of the `ts` block before it when nothing,
 * or a single paragraph of one line, stands between the two.
 *
 * @param {string} markdown
 * @returns {CodeBlock[]}
 */
export function codeBlocks (markdown) {
  const lines = markdown.split('\n')
  /** @type {CodeBlock[]} */
  const found = []
  let words = 0
  for (let i = 0; i < lines.length; i++) {
    const opening = OPENING.exec(lines[i] ?? '')
    if (opening === null) {
      if (lines[i]?.trim() !== '') words++
      continue
    }
    const [, indent = '', language] = opening
    const begin = i + 1
    while (++i < lines.length && lines[i]?.trim() !== '```');
    const code = lines.slice(begin, i).map(line => (line.startsWith(indent) ? line.slice(indent.length) : line)).join('\n') + '\n'
    const last = found.at(-1)
    if (language === 'ts') found.push({ line: begin + 1, code })
    else if (language === 'text' && last !== undefined && words <= 1) last.output ??= code
    words = language === 'ts' ? 0 : Infinity
  }
  return found
}

/**
 * Finds the `ts` blocks of the doc comments of a source file, with the lines they
 * have in the source.
 *
 * @param {string} source
 * @returns {CodeBlock[]}
 */
export function commentBlocks (source) {
  let inside = false
  // Everything but the text of doc comments becomes an empty line, so that lines keep their numbers.
  const text = source.split('\n').map(line => {
    if (!inside && /^\s*\/\*\*/.test(line)) inside = true
    if (!inside) return ''
    if (line.includes('*/')) inside = false
    return line.replace(/^\s*\/?\*{1,2} ?/, '').replace(/\*\/.*$/, '')
  })
  return codeBlocks(text.join('\n'))
}

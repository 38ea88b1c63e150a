import { expect, test } from 'vitest'
import { codeBlocks, commentBlocks } from '../src/code-blocks.mjs'

const fence = '```'

test('a ts block is found with the line it begins on, other languages are not', () => {
  expect(codeBlocks(`# a\n\n${fence}ts\nconst a = 1\n${fence}\n\n${fence}sh\nnpm test\n${fence}\n`)).toEqual([{ line: 4, code: 'const a = 1\n' }])
})

test('a text block right behind, or behind one line of prose, is its output', () => {
  const block = `${fence}ts\nconsole.log(1)\n${fence}\n`
  const text = `${fence}text\n1\n${fence}\n`
  expect(codeBlocks(`${block}\n${text}`)[0]?.output).toBe('1\n')
  expect(codeBlocks(`${block}\nprints\n\n${text}`)[0]?.output).toBe('1\n')
})

test('a text block further away, or behind another block, is not', () => {
  const block = `${fence}ts\nconsole.log(1)\n${fence}\n`
  const text = `${fence}text\n1\n${fence}\n`
  expect(codeBlocks(`${block}\nTwo lines\nof prose.\n\n${text}`)[0]?.output).toBeUndefined()
  expect(codeBlocks(`${block}\n${fence}sh\nls\n${fence}\n\n${text}`)[0]?.output).toBeUndefined()
})

test('an indented block loses its indentation', () => {
  expect(codeBlocks(`- item\n\n  ${fence}ts\n  if (a) {\n    b()\n  }\n  ${fence}\n`)[0]?.code).toBe('if (a) {\n  b()\n}\n')
})

test('the examples of doc comments keep the lines of their source', () => {
  const source = `const x = 1\n\n/**\n * Does.\n *\n * @example\n * ${fence}ts\n * if (x) {\n *   y()\n * }\n * ${fence}\n */\nexport const y = 1\n// ${fence}ts\n`
  expect(commentBlocks(source)).toEqual([{ line: 8, code: 'if (x) {\n  y()\n}\n' }])
})

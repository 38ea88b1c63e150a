import { readFileSync } from 'node:fs'
import { testStreamType } from '@skep/streamer/compliance'
import { expect, test } from 'vitest'
import { ChatLog } from './guide-log.ts'

test('the log of the guide is the one that is put to the laws here', () => {
  const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')
  expect(read('../../../docs/guides/write-a-stream-type.md')).toContain(`\`\`\`ts\n${read('guide-log.ts')}\`\`\``)
})

testStreamType({
  test,
  make: () => {
    let said = new ChatLog('first')
    const followed = new ChatLog('')
    let lines = 0
    return {
      server: { name: 'CHAT', source: (peer, key) => said.type.source!(peer, key) },
      client: followed.type,
      append: () => { said.write(`line ${++lines}`) },
      // What it has is all in memory, which stands for a disk here.
      reopen: () => followed.type,
      unverifiable: true
    }
  },
  settle: async () => { await new Promise<void>(resolve => { setImmediate(resolve) }) }
})

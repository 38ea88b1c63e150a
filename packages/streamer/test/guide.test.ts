import { readFileSync } from 'node:fs'
import { testStreamType } from '@skep/streamer/compliance'
import { expect, test } from 'vitest'
import { ChatLog } from './guide-log.ts'

test('the log of the guide is the one that is put to the laws here', () => {
  const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')
  expect(read('../../../docs/guides/write-a-stream-type.md')).toContain(`\`\`\`ts\n${read('guide-log.ts')}\`\`\``)
})

test('a line that a follower has not got is a gap to whom it offers its log', async () => {
  const followed = new ChatLog('second')
  const served = new ChatLog('first')
  for (let n = 1; n <= 4; n++) served.write(`line ${n}`)
  const nobody = { key: 'nobody', overlay: new Uint8Array(32), light: false }
  const options = { limit: 128, signal: new AbortController().signal }
  const { ids } = await served.type.source!(nobody, '')!.batch(1, 4, options)
  for (const id of [ids[0]!, ids[3]!]) await followed.type.sink!(nobody, '')!.put(id, new TextEncoder().encode('line'), options)
  expect(await followed.type.source!(nobody, '')!.batch(1, 4, options)).toEqual({ from: 1, to: 4, ids: [ids[0], ids[3]] })
})

testStreamType({
  test,
  make: () => {
    const said = new ChatLog('first')
    const followed = new ChatLog('')
    let lines = 0
    return {
      server: { name: 'CHAT', source: (peer, key) => said.type.source!(peer, key) },
      client: followed.type,
      append: () => { said.write(`line ${++lines}`) },
      // As the log of a follower is, to whom some lines have not come.
      skip: n => { said.lines.length += n },
      // What it has is all in memory, which stands for a disk here.
      reopen: () => followed.type,
      unverifiable: true
    }
  },
  settle: async () => { await new Promise<void>(resolve => { setImmediate(resolve) }) }
})

import type { Random } from '@skep/interface'
import { memoryStore } from '@skep/store-memory'
import { testStreamType, type StreamTypeSubject } from '@skep/streamer/compliance'
import { expect, test } from 'vitest'
import { chat } from '../src/chat.ts'
import { ChatLog } from '../src/log.ts'

/** Epochs only need to differ. */
let drawn = 0
const random: Random = { bytes: n => new Uint8Array(n).fill(++drawn), float: () => 0.5 }

async function subject (): Promise<StreamTypeSubject> {
  const open = async (store = memoryStore()): Promise<ChatLog> => ChatLog.open('lobby', store, random)
  const disk = memoryStore()
  let said = await open()
  let lines = 0
  return {
    // The log may be another one after a while.
    server: { name: 'CHAT', source: (peer, room) => chat(said).source!(peer, room) },
    client: chat(await open(disk)),
    key: 'lobby',
    append: async () => { await said.say(`line ${++lines}`) },
    // As the log of a follower is, to whom some lines have not come.
    skip: async n => { await said.place(said.last + 1, Array.from({ length: n }, () => undefined)) },
    reopen: async () => chat(await open(disk)),
    wipe: async () => { said = await open() }
  }
}

testStreamType({ test, make: subject, settle: async () => { await new Promise<void>(resolve => { setImmediate(resolve) }) } })

test('places without a line are part of what is told, and are told as empty', async () => {
  const log = await ChatLog.open('lobby', memoryStore(), random)
  const ids = Array.from({ length: 9 }, (_, i) => new Uint8Array(32).fill(i + 1))
  // What a follower has of whom it follows, and offers others, while some lines have not come.
  await log.place(1, ids.map((id, i) => ([2, 5, 6, 7].includes(i) ? undefined : id)))
  const source = chat(log).source!({ key: 'bob', overlay: new Uint8Array(32), light: false }, 'lobby')!
  const { signal } = new AbortController()
  for (const limit of [1, 2, 3, 4, 9, 128]) {
    const told: (number | undefined)[] = []
    for (let from = 1; from <= log.last;) {
      const batch = await source.batch(from, log.last, { limit, signal })
      expect(batch.from).toBe(from)
      expect(batch.ids.length).toBeLessThanOrEqual(batch.to - from + 1)
      // No id of another stretch.
      expect(batch.ids.every(([n]) => n! >= from && n! <= batch.to), `${limit} from ${from}`).toBe(true)
      told.push(...batch.ids.map(([n]) => n))
      from = batch.to + 1
    }
    expect(told, `${limit} at a time`).toEqual([1, 2, 4, 5, 9])
  }
})

test('nothing is told of places that are still to come', async () => {
  const log = await ChatLog.open('lobby', memoryStore(), random)
  for (let n = 1; n <= 3; n++) await log.say(`line ${n}`)
  const source = chat(log).source!({ key: 'bob', overlay: new Uint8Array(32), light: false }, 'lobby')!
  const controller = new AbortController()
  expect((await source.batch(2, 9, { limit: 128, signal: controller.signal })).to).toBe(3)
  const next = source.batch(4, 9, { limit: 128, signal: controller.signal })
  await log.say('line 4')
  expect(await next).toMatchObject({ from: 4, to: 4 })
})

import type { Random } from '@skep/interface'
import { memoryStore } from '@skep/store-memory'
import { testStreamType, type StreamTypeSubject } from '@skep/streamer/compliance'
import { test } from 'vitest'
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
    reopen: async () => chat(await open(disk)),
    wipe: async () => { said = await open() }
  }
}

testStreamType({ test, make: subject, settle: async () => { await new Promise<void>(resolve => { setImmediate(resolve) }) } })

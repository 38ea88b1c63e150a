import { pair } from '@skep/conn-memory'
import type { Store } from '@skep/interface'
import { IntervalsStore } from '@skep/intervals-store'
import { systemClock as clock, systemRandom as random } from '@skep/runtime'
import { memoryStore } from '@skep/store-memory'
import { Streamer, type StreamPeer } from '@skep/streamer'
import { chat } from './chat.ts'
import { ChatLog } from './log.ts'

/** A node: its log and what it has received of whom, both in one store. */
async function start (store: Store): Promise<{ log: ChatLog, streamer: Streamer }> {
  const log = await ChatLog.open('lobby', store, random)
  const streamer = new Streamer({ clock, random, intervals: new IntervalsStore(store) })
  streamer.register(chat(log))
  return { log, streamer }
}

/** Connects two nodes; the second one follows the first one's log. */
function follow (upstream: Streamer, downstream: Streamer): void {
  const [streams, natives] = [pair(), pair()]
  const [ann, bob] = ['ann', 'bob'].map((key, i): StreamPeer => ({ key, overlay: new Uint8Array(32).fill(i), light: false })) as [StreamPeer, StreamPeer]
  void upstream.run(bob, { stream: streams[0], native: natives[0] }).catch(() => {})
  void downstream.run(ann, { stream: streams[1], native: natives[1] }).catch(() => {})
  downstream.subscribe(ann, 'CHAT', 'lobby')
}

const never = new AbortController().signal
const [annsDisk, bobsDisk] = [memoryStore(), memoryStore()]
const ann = await start(annsDisk)
let bob = await start(bobsDisk)

await ann.log.say('ann: is anybody here?')
await ann.log.say('ann: hello?')
follow(ann.streamer, bob.streamer)
await bob.log.reaches(2, never)
await ann.log.say('ann: ah, there you are')
await bob.log.reaches(3, never)
console.log(`bob has ${bob.log.last} lines, ${bob.streamer.counters.bodiesReceived} of them just received`)

await bob.streamer.stop()
console.log('bob goes away, and comes back with the same disk')
await ann.log.say('ann: and gone again')
await ann.log.say('ann: typical')

bob = await start(bobsDisk)
follow(ann.streamer, bob.streamer)
await bob.log.reaches(5, never)
console.log(`bob has ${bob.log.last} lines, ${bob.streamer.counters.bodiesReceived} of them just received`)
for (const line of await bob.log.lines()) console.log(`  ${line}`)

await Promise.all([ann.streamer.stop(), bob.streamer.stop()])

import { handshake } from '@skep/bzz-handshake'
import { pair } from '@skep/conn-memory'
import { IntervalsStore } from '@skep/intervals-store'
import { keccak256 } from '@skep/keccak'
import { toHex } from '@skep/pot'
import { systemClock as clock, systemRandom as random } from '@skep/runtime'
import { memoryStore } from '@skep/store-memory'
import { Streamer, type StreamPeer } from '@skep/streamer'

// Two peers, each with an address of its own, and a cable between them for each protocol.
const ann = { overlay: new Uint8Array(32).fill(0xaa), underlay: 'tcp://127.0.0.1:1634', networkId: 3, light: false }
const bob = { overlay: new Uint8Array(32).fill(0xbb), underlay: 'tcp://127.0.0.1:1635', networkId: 3, light: false }
const [bzz, stream, native] = [pair(), pair(), pair()]

// They shake hands: who dialled speaks first.
const [annMet, bobMet] = await Promise.all([
  handshake(bzz[0], ann, { initiator: true, clock }),
  handshake(bzz[1], bob, { initiator: false, clock })
])
const peer = (overlay: Uint8Array): StreamPeer => ({ key: toHex(overlay), overlay, light: false })
console.log(`ann met ${toHex(annMet.remote.overlay).slice(0, 4)}, bob met ${toHex(bobMet.remote.overlay).slice(0, 4)}`)

// Ann serves a stream: a row of items, each named by its hash.
const items = ['one', 'two', 'three'].map(word => new TextEncoder().encode(word))
const upstream = new Streamer({ clock, random, intervals: new IntervalsStore(memoryStore()) })
upstream.register({
  name: 'WORDS',
  source: () => ({
    cursor: async () => ({ epoch: 'first', last: items.length }),
    batch: async (from, to = items.length) => ({ from, to, ids: items.slice(from - 1, to).map(item => keccak256(item)) }),
    read: async ids => ids.map(id => items.find(item => toHex(keccak256(item)) === toHex(id))),
    close () {}
  })
})

// Bob asks for it: he wants what he has not, and checks what he gets.
const downstream = new Streamer({ clock, random, intervals: new IntervalsStore(memoryStore()) })
downstream.register({
  name: 'WORDS',
  sink: () => ({
    need: async ids => ids.map(() => true),
    async put (id, data) {
      if (toHex(keccak256(data)) !== toHex(id)) throw new Error('this is not what its id says')
      console.log(`bob received ${new TextDecoder().decode(data)}, ${toHex(id).slice(0, 8)}`)
    },
    close () {}
  })
})

void upstream.run(peer(bobMet.remote.overlay), { stream: stream[0], native: native[0] }).catch(() => {})
const annAsPeer = peer(annMet.remote.overlay)
void downstream.run(annAsPeer, { stream: stream[1], native: native[1] }).catch(() => {})
const { ended } = downstream.subscribe(annAsPeer, 'WORDS', '', { live: false })
console.log(`the subscription is over: ${await ended}`)

await Promise.all([upstream.stop(), downstream.stop()])

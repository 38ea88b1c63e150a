import { handshake } from '@skep/bzz-handshake'
import { fileSize, join, makeChunk, split } from '@skep/chunk'
import { ChunkStore } from '@skep/chunk-store'
import { pair } from '@skep/conn-memory'
import { generateKey, identity, recover } from '@skep/identity'
import { IntervalsStore } from '@skep/intervals-store'
import { Kademlia, type KadPeer, type KadRecord } from '@skep/kademlia'
import { keccak256 } from '@skep/keccak'
import { compareDistance, Pot, proximity, toHex } from '@skep/pot'
import { systemClock as clock, systemRandom as random } from '@skep/runtime'
import { memoryStore } from '@skep/store-memory'
import { createSession, defineProtocol, runProtocol, struct, text } from '@skep/wire'
import { expect, test } from 'vitest'

test('this is a browser, and nothing of Node is in it', () => {
  expect('process' in globalThis).toBe(false)
  expect('Buffer' in globalThis).toBe(false)
  expect(navigator.userAgent).toContain('Chrome')
})

test('@skep/keccak hashes the empty message as everybody does', () => {
  expect(toHex(keccak256(new Uint8Array()))).toBe('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470')
})

test('@skep/pot orders addresses by distance', () => {
  const [base, near, far] = [Uint8Array.of(0b1010_0000), Uint8Array.of(0b1010_0001), Uint8Array.of(0b0010_0000)]
  expect(proximity(base, near)).toBe(7)
  expect(compareDistance(base, near, far)).toBe(-1)
  expect(Pot).toBeTypeOf('function')
})

test('@skep/kademlia suggests whom it knows and counts whom it has', () => {
  const table = new Kademlia<KadRecord, KadPeer>({ base: new Uint8Array(32), clock, random })
  const overlay = random.bytes(32)
  table.register([{ overlay }])
  expect(table.suggest()?.overlay).toEqual(overlay)
  expect(table.on({ overlay }).accepted).toBe(true)
  expect([...table.peers()]).toHaveLength(1)
})

test('@skep/chunk and @skep/chunk-store split a file, keep its chunks and join them again', async () => {
  const chunks = await ChunkStore.open({ store: memoryStore(), base: new Uint8Array(32), clock, random })
  const file = random.bytes(600_000)
  let root = makeChunk(new Uint8Array())
  for await (const chunk of split([file])) {
    await chunks.put([chunk])
    root = chunk
  }
  const get = async (address: Uint8Array): Promise<Uint8Array | undefined> => chunks.get(address)
  expect(await fileSize(root.address, get)).toBe(file.length)
  let at = 0
  for await (const piece of join(root.address, get)) {
    expect(piece).toEqual(file.subarray(at, at + piece.length))
    at += piece.length
  }
  expect(at).toBe(file.length)
  await chunks.close()
})

test('@skep/intervals-store resumes where it was', async () => {
  const store = memoryStore()
  const id = { peer: 'c0ffee', stream: 'SYNC|3', epoch: '0011223344556677' }
  await new IntervalsStore(store).seal([{ id, from: 1, to: 99 }])
  const covered = await new IntervalsStore(store).get(id)
  expect(covered.covers(1, 99)).toBe(true)
  expect(covered.covers(1, 100)).toBe(false)
})

test('@skep/identity signs, and who signed is recovered', () => {
  const own = identity(generateKey(random))
  const digest = keccak256(new TextEncoder().encode('hello'))
  expect(recover(digest, own.sign(digest))).toEqual(own.nodeId)
})

test('@skep/bzz-handshake introduces two nodes', async () => {
  const [a, b] = pair()
  const local = (byte: number) => ({ overlay: new Uint8Array(32).fill(byte), underlay: `tcp://127.0.0.1:${byte}`, networkId: 3, light: false })
  const [ann, bob] = await Promise.all([
    handshake(a, local(1), { initiator: true, clock }),
    handshake(b, local(2), { initiator: false, clock })
  ])
  expect(ann.remote.overlay).toEqual(new Uint8Array(32).fill(2))
  expect(bob.remote.overlay).toEqual(new Uint8Array(32).fill(1))
  await Promise.all([ann.close(), bob.close()])
})

test('@skep/wire carries a protocol over a session', async () => {
  const chat = defineProtocol({ name: 'chat', version: 1, maxMessageSize: 1024, messages: { Say: struct({ Text: text() }) } })
  const [a, b] = pair()
  const common = { clock, random, client: 'test', capabilities: [chat] }
  const [ann, bob] = await Promise.all([
    createSession(a, { ...common, id: new Uint8Array(64).fill(1), initiator: true }),
    createSession(b, { ...common, id: new Uint8Array(64).fill(2), initiator: false })
  ])
  const heard: string[] = []
  await Promise.all([
    runProtocol(ann, chat, Promise.resolve(), async peer => peer.send('Say', { Text: 'hello' })),
    runProtocol(bob, chat, Promise.resolve(), async peer => peer.run({ Say: ({ Text }) => { heard.push(Text) } }))
  ])
  expect(heard).toEqual(['hello'])
})

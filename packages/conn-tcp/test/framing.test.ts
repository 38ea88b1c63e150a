import { dialTcp, listenTcp } from '@skep/conn-tcp'
import type { Conn } from '@skep/interface'
import { SeededRandom } from '@skep/sim'
import { decode, encode } from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, test } from 'vitest'

const random = new SeededRandom(7)
const sizes = [0, 1, 127, 128, 129, 16_383, 16_384, 131_073, ...Array.from({ length: 200 }, () => Math.floor(20_000 ** random.float()))]
const messages = sizes.map(size => random.bytes(size))

test('what it-length-prefixed writes is read', async () => {
  let accept = (_: Conn): void => {}
  const accepted = new Promise<Conn>(resolve => { accept = resolve })
  const { host, port, close } = await listenTcp({ onConn: conn => accept(conn) })
  const socket = connect({ host, port })
  await pipe(messages, source => encode(source), async pieces => {
    for await (const piece of pieces) socket.write(piece)
  })
  socket.end()
  const got: Uint8Array[] = []
  for await (const message of (await accepted).source) got.push(message)
  expect(got).toEqual(messages)
  await close()
})

test('what is written is what it-length-prefixed writes, and reads', async () => {
  const accepted = new Promise<Socket>(resolve => server.once('connection', resolve))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { conn } = await dialTcp({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  const sent = conn.sink(messages).then(async () => conn.close())
  const chunks: Uint8Array[] = []
  for await (const chunk of await accepted) chunks.push(chunk as Uint8Array)
  await sent
  server.close()
  expect(Buffer.concat(chunks).equals(Buffer.concat([...encode(messages)]))).toBe(true)
  const got = pipe(chunks, source => decode(source))
  expect([...got].map(message => new Uint8Array(message.subarray()))).toEqual(messages)
})

const server = createServer()

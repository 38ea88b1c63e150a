import { connect, type AddressInfo, type Server } from 'node:net'
import { ECIES, RLPx, type Capabilities, type Peer } from '@ethereumjs/devp2p'
import type { Session } from '@skep/interface'
import { dialRlpx } from '@skep/conn-rlpx'
import { compress } from 'snappyjs'
import { afterEach, describe, expect, test } from 'vitest'
import { after, cleanUp, collect, ids, keys, listen, options } from './pair.ts'

afterEach(cleanUp)

/** All that the library asks of it. */
const common = { customCrypto: {} } as never
const stream = { name: 'stream', version: 5 }
/** Bytes of a first packet in the form from before EIP-8. */
const PLAIN_AUTH = 307

interface Heard {
  readonly name: string
  readonly code: number
  readonly payload: Uint8Array
}

/** The other implementation as a node of the network: what real swarm nodes offer, pss and an older stream included. */
function other (i: number): { rlpx: RLPx, peer: Promise<Peer>, heard: Heard[], said: Map<string, (code: number, payload: Uint8Array) => void>, next: () => Promise<void> } {
  const heard: Heard[] = []
  const said = new Map<string, (code: number, payload: Uint8Array) => void>()
  let wake = (): void => {}
  const capability = (name: string, version: number, length: number): Capabilities => ({
    name,
    version,
    length,
    constructor: class {
      constructor (_version: number, _peer: Peer, send: (code: number, payload: Uint8Array) => void) {
        // The library leaves compression to its protocols.
        said.set(name, (code, payload) => send(code, compress(payload)))
      }

      _handleMessage (code: number, payload: Uint8Array): void {
        heard.push({ name, code, payload: Uint8Array.from(payload) })
        wake()
      }
    } as never
  })
  const capabilities = [capability('pss', 2, 1), capability('stream', 4, 8), capability('stream', 5, 10), capability('hive', 5, 2), capability('bzz', 6, 1)]
  const rlpx = new RLPx(keys[i]!, { capabilities, common, clientId: new TextEncoder().encode('other'), timeout: 5000 })
  const peer = new Promise<Peer>((resolve, reject) => {
    rlpx.events.once('peer:added', resolve)
    rlpx.events.once('peer:error', (_, error) => reject(error))
  })
  after(() => rlpx.destroy())
  return { rlpx, peer, heard, said, next: async () => await new Promise(resolve => { wake = resolve }) }
}

/** A session of ours and the other implementation speak in both directions. */
async function converse (session: Session, { peer, heard, said, next }: ReturnType<typeof other>): Promise<void> {
  const theirs = await peer
  const hello = theirs.getHelloMessage()!
  expect(hello.capabilities).toEqual([{ name: 'bzz', version: 6 }, { name: 'hive', version: 5 }, stream])
  expect(hello.protocolVersion).toBe(5)
  expect(theirs._protocols.map(({ offset, length }) => [offset, length])).toEqual([[16, 1], [17, 2], [19, 10]])
  expect(session.protocols).toEqual([{ name: 'bzz', version: 6 }, { name: 'hive', version: 5 }, stream])

  const conn = session.open(stream)
  const payloads = [Uint8Array.of(0xc0), new Uint8Array(4096).map((_, i) => i * 31 >> 3), new Uint8Array(100_000).fill(7)]
  const sent = conn.sink(payloads.map((payload, i) => Uint8Array.of(9 - i, ...payload)))
  while (heard.length < 3) await next()
  expect(heard).toEqual(payloads.map((payload, i) => ({ name: 'stream', code: 9 - i, payload })))
  for (const [i, payload] of payloads.entries()) said.get('stream')!(i, payload)
  expect(await collect(conn, 3)).toEqual(payloads.map((payload, i) => Uint8Array.of(i, ...payload)))
  await sent
  // Our reason is read, and its own, which comes in another form than the original's.
  theirs.disconnect(4)
  expect(await session.closed).toBe('TOO_MANY_PEERS')
}

describe('another implementation', () => {
  test('dials us, agrees on the codes, and hears us as we hear it', async () => {
    const { listener, session } = await listen()
    const node = other(0)
    await node.rlpx.connect({ id: ids[1]!, address: '127.0.0.1', tcpPort: listener.port })
    const ours = await session
    expect(ours.remote.id).toEqual(ids[0])
    await converse(ours, node)
  })

  test('is dialled by us, agrees on the codes, and hears us as we hear it', async () => {
    const node = other(1)
    node.rlpx.listen(0, '127.0.0.1')
    await new Promise(resolve => node.rlpx.events.once('listening', resolve as never))
    const { port } = (node.rlpx as unknown as { _server: Server })._server.address() as AddressInfo
    const ours = await dialRlpx({ ...options(0), host: '127.0.0.1', port, remoteId: ids[1]! })
    await converse(ours, node)
  })

  test('reads why we leave', async () => {
    const { listener, session } = await listen()
    const node = other(0)
    const removed = new Promise(resolve => node.rlpx.events.once('peer:removed', (_, reason) => resolve(reason)))
    await node.rlpx.connect({ id: ids[1]!, address: '127.0.0.1', tcpPort: listener.port })
    const [ours] = await Promise.all([session, node.peer])
    await ours.close('TIMEOUT')
    expect(await removed).toBe(11)
  })

  test('is answered in the form from before EIP-8 where it speaks that', async () => {
    const { listener, session } = await listen()
    // The library writes r and s without their leading zeros here: one packet of some 86 is too short, and nobody could read it.
    let ecies: ECIES
    let auth: Uint8Array
    do {
      ecies = new ECIES(keys[0]!, ids[0]!, ids[1]!, common)
      auth = ecies.createAuthNonEIP8()!
    } while (auth.length < PLAIN_AUTH)
    const socket = connect({ port: listener.port, host: '127.0.0.1' })
    after(() => socket.destroy())
    const bytes = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    socket.write(auth)
    let got = Buffer.alloc(0)
    const take = async (n: number): Promise<Uint8Array> => {
      while (got.length < n) got = Buffer.concat([got, (await bytes.next()).value])
      const taken = Uint8Array.from(got.subarray(0, n))
      got = got.subarray(n)
      return taken
    }
    ecies.parseAckPlain(await take(210))
    const size = ecies.parseHeader(await take(32))!
    const hello = ecies.parseBody(await take(Math.ceil(size / 16) * 16 + 16))!
    // A hello is its own answer, once it shows the right id.
    const body = Uint8Array.from(hello)
    body.set(ids[0]!, Buffer.from(body).indexOf(ids[1]!))
    socket.write(ecies.createBlockHeader(body.length)!)
    socket.write(ecies.createBody(body)!)
    expect((await session).remote.id).toEqual(ids[0])
  })
})

import { bzzSpec } from '@skep/bzz-handshake'
import { listenRlpx } from '@skep/conn-rlpx'
import { hiveSpec } from '@skep/hive'
import { formatEnode, identity } from '@skep/identity'
import type { Session } from '@skep/interface'
import { keccak256 } from '@skep/keccak'
import { systemClock, systemRandom } from '@skep/runtime'
import { memoryStore } from '@skep/store-memory'
import { streamSpec } from '@skep/streamer'
import { vectors } from '@skep/vectors'
import { decodeMessage, type ProtocolSpec } from '@skep/wire'
import { expect, test } from 'vitest'
import { createNode, rlpxTransport } from 'skep'

interface Line {
  readonly dir: 'send' | 'recv'
  readonly protocol: string
  readonly code: number
  readonly name: string
  readonly fields: any
  readonly wire: string
}

interface Heard {
  readonly name: string
  readonly value: any
  /** The payload in hex. */
  readonly wire: string
}

const recorded: { readonly cases: readonly Line[] } | undefined = vectors('transcript')
const specs: ReadonlyArray<ProtocolSpec<any>> = [bzzSpec, hiveSpec, streamSpec]
const key = (name: string): Uint8Array => keccak256(new TextEncoder().encode(name))
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The node that was dialled in the recording: says byte for byte what that said, and notes what it hears. */
class Alice {
  readonly heard: Heard[] = []
  #wakes: Array<() => void> = []
  readonly #queues = new Map<string, { readonly messages: Uint8Array[], wake: () => void }>()

  constructor (session: Session) {
    for (const spec of specs) {
      const conn = session.open(spec)
      const queue = { messages: [] as Uint8Array[], wake: () => {} }
      this.#queues.set(spec.name, queue)
      conn.sink((async function * () {
        while (true) {
          while (queue.messages.length > 0) yield queue.messages.shift()!
          await new Promise<void>(resolve => { queue.wake = resolve })
        }
      })()).catch(() => {})
      void this.#listen(conn.source, spec).catch(() => {})
    }
  }

  say ({ protocol, code, wire }: Line): void {
    const queue = this.#queues.get(protocol)!
    queue.messages.push(Buffer.concat([Uint8Array.of(code), Buffer.from(wire, 'hex')]))
    queue.wake()
  }

  /** Waits until what was heard fulfils a condition. */
  async until (done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>(resolve => { this.#wakes.push(resolve) })
  }

  all (name: string): Heard[] {
    return this.heard.filter(each => each.name === name)
  }

  async #listen (source: AsyncIterable<Uint8Array>, spec: ProtocolSpec<any>): Promise<void> {
    for await (const message of source) {
      const { name, value } = decodeMessage(spec, message)
      this.heard.push({ name: String(name), value, wire: hex(message.subarray(1)) })
      for (const wake of this.#wakes.splice(0)) wake()
    }
  }
}

test.skipIf(recorded === undefined)('a node in the place of the recorded one, over RLPx: it says what that said, and has every chunk of the other', async () => {
  const [alice, bob] = [identity(key('alice')), identity(key('bob'))]
  let met = (_: Session): void => {}
  const meeting = new Promise<Session>(resolve => { met = resolve })
  const listener = await listenRlpx({
    clock: systemClock,
    random: systemRandom,
    key: key('alice'),
    id: alice.nodeId,
    client: 'swarm-refnode/v1.8.15',
    capabilities: specs.map(({ name, version, names }) => ({ name, version, length: names.length })),
    onSession: session => met(session)
  })
  const needs = { clock: systemClock, random: systemRandom, key: key('bob') }
  const node = await createNode({
    key: key('bob'),
    store: memoryStore(),
    transports: [rlpxTransport(needs)],
    bootnodes: [formatEnode({ id: alice.nodeId, host: listener.host, tcp: listener.port })]
  })
  const session = await meeting
  expect(session.remote.id).toEqual(bob.nodeId)
  const other = new Alice(session)

  // The node dialled, so it speaks first, as the recorded one did.
  await other.until(() => other.all('HandshakeMsg').length === 1)
  expect(other.all('HandshakeMsg')[0]!.value).toMatchObject({ Version: 6n, NetworkID: 3n, LightNode: false, Addr: { OAddr: bob.overlay } })

  const delivered = new Set<string>()
  const histories = new Set<string>()
  // A subscription to a live stream asks for its history too.
  const asked = ({ Name, Key }: any): boolean => other.all('SubscribeMsg').some(({ value: { Stream } }) => Stream.Name === Name && Stream.Key === Key)
  const wanted = (): number => other.all('WantedHashesMsg').reduce((sum, { value }) => sum + [...value.Want].reduce((bits: number, byte: number) => bits + byte.toString(2).replaceAll('0', '').length, 0), 0)
  for (const line of recorded!.cases) {
    if (line.dir !== 'recv') continue
    // What it asked of the recorded node depends on what that offered.
    if (line.name === 'WantedHashesMsg' || (line.name === 'SubscribeMsg' && line.fields.Stream.Name === 'SYNC')) continue
    if (line.name === 'OfferedHashesMsg' && !line.fields.Stream.Live) {
      // The recorded node asked for history without an end, ours for what there is.
      if (histories.has(line.fields.Stream.Key)) continue
      histories.add(line.fields.Stream.Key)
    }
    if (line.name === 'OfferedHashesMsg') await other.until(() => asked(line.fields.Stream))
    if (line.name === 'ChunkDeliveryMsg') {
      // The recorded node wanted some twice; ours wants each once.
      if (delivered.has(line.fields.Addr)) continue
      delivered.add(line.fields.Addr)
      await other.until(() => wanted() >= delivered.size)
    }
    other.say(line)
  }
  expect(delivered.size).toBe(5)

  const sent = (name: string): string[] => recorded!.cases.filter(each => each.dir === 'send' && each.name === name).map(({ wire }) => wire)
  // Every subscription of the recorded node, byte for byte; and so with its depth.
  await other.until(() => sent('SubscribeMsg').every(wire => other.all('SubscribeMsg').some(each => each.wire === wire)))
  await other.until(() => other.all('subPeersMsg').length > 0)
  expect([...new Set(other.all('subPeersMsg').map(({ wire }) => wire))]).toEqual([...new Set(sent('subPeersMsg'))])
  // Each chunk was wanted once, and is there.
  expect(wanted()).toBe(delivered.size)
  const addresses = [...delivered].map(address => Uint8Array.from(Buffer.from(address, 'hex')))
  while ((await node.hasLocal(addresses)).includes(false)) await new Promise(resolve => setImmediate(resolve))

  let over: unknown
  void session.closed.then(code => { over = code })
  await new Promise(resolve => setImmediate(resolve))
  expect(over).toBe(undefined)
  await node.stop()
  expect(await session.closed).toBe('QUITTING')
  await listener.close()
}, 20_000)

import { pair } from '@skep/conn-memory'
import { nativeSpec, streamSpec, type StreamPeer } from '@skep/streamer'
import { Peer, type MessageName, type MessageValue } from '@skep/wire'
import { id, type Node } from './harness.ts'

type S = typeof streamSpec
type N = typeof nativeSpec

/** A peer that says what a test wants it to say, and notes what it hears. */
export class Scripted {
  /** It, as the node has it. */
  readonly peer: StreamPeer
  /** Items that come together stand in it one by one, as ChunkDeliveryMsg. */
  readonly heard: { readonly name: string, readonly value: any }[] = []
  /** How many items came in each DeliveriesMsg. */
  readonly packs: number[] = []
  /** How the node's conversation with it ended: a code, or `undefined` without a fault. */
  readonly ended: Promise<string | undefined>
  over = false
  readonly #stream: Peer<S>
  readonly #native: Peer<N> | undefined
  /** Answers what it hears. */
  on: (name: string, value: any) => void = () => {}
  /** While it is set, the peer reads on after a delivery only when it resolves. */
  busy: Promise<void> | undefined

  constructor (node: Node, n: number, native: boolean = true, window: number = 64 * 1024 * 1024, nativeSize: number = 128 * 1024) {
    this.peer = { key: `scripted ${n}`, overlay: id(n, 0xeeee), light: false }
    const [stream, streamThere] = pair({ maxMessageSize: 12 * 1024 * 1024, window })
    const [nativeHere, nativeThere] = pair({ maxMessageSize: nativeSize, window: Math.min(window, 1024 * 1024) })
    this.#stream = new Peer(stream, streamSpec, { clock: node.clock })
    this.#native = native ? new Peer(nativeHere, nativeSpec, { clock: node.clock }) : undefined
    this.ended = node.streamer.run(this.peer, native ? { stream: streamThere, native: nativeThere } : { stream: streamThere })
      .then(() => undefined, (error: { code?: string }) => error.code ?? 'no code')
      .finally(() => { this.over = true })
    this.#stream.run(this.#handlers(streamSpec.names)).catch(() => {})
    this.#native?.run(this.#handlers(nativeSpec.names)).catch(() => {})
  }

  say<M extends MessageName<S>> (name: M, value: MessageValue<S, M>): void {
    this.#stream.send(name, value).catch(() => {})
  }

  whisper<M extends MessageName<N>> (name: M, value: MessageValue<N, M>): void {
    this.#native?.send(name, value).catch(() => {})
  }

  /** What was heard of one name. */
  all (name: string): any[] {
    return this.heard.filter(message => message.name === name).map(({ value }) => value)
  }

  /** Tells any cursor that is asked for. */
  cursors (last: number, epoch: string = 'e'): this {
    this.on = (name, value) => {
      if (name === 'CursorRequestMsg') this.whisper('CursorMsg', { Name: value.Name, Key: value.Key, Epoch: epoch, Last: BigInt(last) })
    }
    return this
  }

  offer (live: boolean, from: bigint | number, to: bigint | number, ids: Uint8Array[], name: string = 'SHELF', key: string = 'x'): void {
    const Hashes = new Uint8Array(32 * ids.length)
    for (const [i, one] of ids.entries()) Hashes.set(one, 32 * i)
    this.say('OfferedHashesMsg', { Stream: { Name: name, Key: key, Live: live }, From: BigInt(from), To: BigInt(to), Hashes, HandoverProof: noProof })
  }

  leave (): void {
    this.#stream.drop()
    this.#native?.drop()
  }

  #hear (name: string, value: any): void {
    this.heard.push({ name, value })
    this.on(name, value)
  }

  #handlers (names: readonly string[]): Record<string, (value: any) => Promise<void> | undefined> {
    return Object.fromEntries(names.map(name => [name, (value: any) => {
      if (name === 'DeliveriesMsg') {
        this.packs.push(value.Items.length)
        for (const item of value.Items) this.#hear('ChunkDeliveryMsg', item)
      } else {
        this.#hear(name, value)
      }
      return name === 'DeliveriesMsg' || name === 'ChunkDeliveryMsg' ? this.busy : undefined
    }]))
  }
}

export const noProof = { Sig: new Uint8Array(0), Handover: { Stream: { Name: '', Key: '', Live: false }, Start: 0n, End: 0n, Root: new Uint8Array(0) } }

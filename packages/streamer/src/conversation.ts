import type { Clock, Conn } from '@skep/interface'
import { Peer } from '@skep/wire'
import { StreamerError } from './errors.ts'
import type { Body, Input, NativeMessage, Send, StreamMessage } from './effects.ts'
import { nativeSpec, streamSpec } from './messages.ts'
import type { PeerState } from './peer-state.ts'
import { Room } from './room.ts'
import type { Priority } from './type.ts'

/**
 * Bytes of items that go to a native peer in one message: seven chunks, so that two messages still fit in one write of
 * conn-tcp. They share what a message costs at both ends, and an urgent item waits for as many.
 */
const PACK = 29_000

/** How long a remote may take what waits for it when this side stops, in milliseconds. */
const STOP_TIMEOUT = 1_000

/** A handler for each message, the same for all conversations: each is called on an object of one that says who hears it. */
function handlersOf (names: readonly string[]): Record<string, (value: unknown) => void> {
  return Object.fromEntries(names.map(name => [name, function (this: { heard (message: unknown): void }, value: unknown) { this.heard({ name, value }) }]))
}

function hearing (handlers: Record<string, (value: unknown) => void>, heard: (message: unknown) => void): Record<string, (value: unknown) => void> {
  return { ...handlers, heard }
}

const STREAM = handlersOf(streamSpec.names)
const NATIVE = handlersOf(nativeSpec.names)

/** The two conversations with one peer, until one of them ends. */
export class Conversation {
  readonly peer: PeerState
  /** Bytes of items that wait to be sent, by priority. */
  readonly queued: [number, number, number, number] = [0, 0, 0, 0]
  readonly #maxQueued: number
  /** For what streams serve, by priority, made when it is first needed. */
  readonly #rooms: (Room | undefined)[] = []
  readonly #stream: Peer<typeof streamSpec>
  readonly #native: Peer<typeof nativeSpec> | undefined
  /** Bytes of items that go out together; 0 where each goes out alone. */
  readonly #pack: number
  readonly #clock: Clock
  readonly #step: (input: Input) => void
  /** Bodies that came one after the other, and go on together. */
  #bodies: Body[] = []
  #fault: StreamerError | undefined
  #running: Promise<void> | undefined

  constructor (peer: PeerState, conns: { readonly stream: Conn, readonly native?: Conn }, clock: Clock, maxQueued: number, step: (input: Input) => void) {
    this.peer = peer
    this.#maxQueued = maxQueued
    this.#clock = clock
    this.#step = step
    this.#stream = new Peer(conns.stream, streamSpec, { clock })
    this.#native = conns.native === undefined ? undefined : new Peer(conns.native, nativeSpec, { clock })
    // Half of what a conn takes leaves room for what is around the items.
    this.#pack = Math.min(PACK, (conns.native?.maxMessageSize ?? 0) / 2)
  }

  /** Resolves when the remote or `signal` ended it. @throws StreamerError - on the peer's fault. */
  run (signal: AbortSignal | undefined): Promise<void> {
    this.#running = this.#runAll()
    // Where nobody may end it, nothing waits for that.
    return signal === undefined ? this.#running : this.#runUntil(signal, this.#running)
  }

  async #runUntil (signal: AbortSignal, running: Promise<void>): Promise<void> {
    const abort = (): void => { this.#end() }
    signal.addEventListener('abort', abort)
    try {
      await running
    } finally {
      signal.removeEventListener('abort', abort)
    }
    signal.throwIfAborted()
  }

  /** Ends it, and resolves when it has: gently, and hard when the remote does not take what waits. */
  async stop (error: StreamerError): Promise<void> {
    this.#fault ??= error
    this.#end()
    const cancel = this.#clock.after(STOP_TIMEOUT, () => { this.drop(error) })
    await this.#running?.catch(() => {})
    cancel()
  }

  /** Ends it for the peer's fault. */
  drop (error: StreamerError): void {
    this.#fault ??= error
    this.#stream.drop(error)
    this.#native?.drop(error)
  }

  /** What may be read for the peer's streams of this priority. */
  room (priority: Priority): Room {
    return this.#rooms[priority] ??= new Room(this.#maxQueued)
  }

  /** Sends a message, whenever there is room. A message that cannot be sent ends the conversation. @returns whether it will go out. */
  send (message: Send): boolean {
    const { priority } = message
    if (message.name === 'ChunkDeliveryMsg') {
      const { Addr, SData } = message.value
      if (this.queued[priority] + SData.length > this.#maxQueued) {
        // It asks faster than it takes the answers, and asks again later or somebody else.
        this.#native?.send('NotFoundMsg', { Addr }, { priority }).catch((cause: unknown) => { this.#broken(cause) })
        return false
      }
      this.deliver([{ Addr, SData }], priority).catch((cause: unknown) => { this.#broken(cause) })
      return true
    }
    const sent = message.native
      ? this.#native?.send(message.name, message.value, { priority })
      : this.#stream.send(message.name, message.value, { priority })
    sent?.catch((cause: unknown) => { this.#broken(cause) })
    return true
  }

  /** Sends items; resolves when the conn has taken the last. */
  async deliver (bodies: readonly Body[], priority: Priority): Promise<void> {
    let left = sizeOf(bodies)
    this.queued[priority] += left
    const taken = (bytes: number): void => {
      // Once it has failed none of it counts as waiting.
      const counted = Math.min(bytes, left)
      this.queued[priority] -= counted
      left -= counted
    }
    try {
      const { alone, together } = packs(bodies, this.#pack)
      await Promise.all([
        this.#native?.sendMany('DeliveriesMsg', together, { priority, taken: ({ Items }) => { taken(sizeOf(Items)) } }),
        this.#stream.sendMany('ChunkDeliveryMsg', alone, { priority, taken: ({ SData }) => { taken(SData.length) } })
      ])
    } catch (error) {
      // The remote has gone: what waits to be read for it need not be.
      if ((error as { code?: string }).code !== 'WIRE_QUEUE_FULL') for (const room of this.#rooms) room?.close()
      throw error
    } finally {
      this.queued[priority] -= left
      left = 0
    }
  }

  async #runAll (): Promise<void> {
    const { peer } = this
    const stream = (heard: unknown): void => {
      const message = heard as StreamMessage
      if (message.name === 'ChunkDeliveryMsg') return void this.#bodies.push(message.value)
      this.#handOver()
      this.#step({ type: 'stream', peer, message })
    }
    const native = (heard: unknown): void => {
      const message = heard as NativeMessage
      if (message.name === 'DeliveriesMsg') return void this.#bodies.push(...message.value.Items)
      this.#handOver()
      this.#step({ type: 'native', peer, message })
    }
    const rest = (): void => { this.#handOver() }
    const runs = [this.#stream.run(hearing(STREAM, stream), { rest })]
    if (this.#native !== undefined) runs.push(this.#native.run(hearing(NATIVE, native), { rest }))
    try {
      await Promise.race(runs)
    } catch (cause) {
      this.#fault ??= asFault(cause)
      this.drop(this.#fault)
    }
    this.#end()
    await Promise.allSettled(runs)
    if (this.#fault !== undefined) throw this.#fault
  }

  #handOver (): void {
    if (this.#bodies.length === 0) return
    const bodies = this.#bodies
    this.#bodies = []
    this.#step({ type: 'bodies', peer: this.peer, bodies })
  }

  #end (): void {
    this.#stream.off()
    this.#native?.off()
  }

  #broken (cause: unknown): void {
    // The conns say themselves why they are gone.
    if ((cause as { code?: string }).code === 'WIRE_CLOSED') return
    this.drop(asFault(cause))
  }
}

function sizeOf (bodies: readonly Body[]): number {
  let bytes = 0
  for (const { SData } of bodies) bytes += SData.length
  return bytes
}

/** Puts items together that go out in one message of at most so many bytes, and those apart that are larger. */
function packs (bodies: readonly Body[], most: number): { alone: Body[], together: { Items: Body[] }[] } {
  const alone: Body[] = []
  const together: { Items: Body[] }[] = []
  let room = 0
  for (const body of bodies) {
    const { length } = body.SData
    if (length > most) {
      alone.push(body)
      continue
    }
    if (length > room || together.length === 0) {
      together.push({ Items: [] })
      room = most
    }
    together.at(-1)!.Items.push(body)
    room -= length
  }
  return { alone, together }
}

function asFault (cause: unknown): StreamerError {
  return cause instanceof StreamerError ? cause : new StreamerError('STREAMER_WIRE', cause instanceof Error ? cause.message : String(cause), { cause })
}

import { pair } from '@skep/conn-memory'
import type { Clock, CloseCode, Conn, ProtocolId, Session } from '@skep/interface'

/** How one link behaves. */
export interface LinkBehaviour {
  readonly clock: Clock
  /** Milliseconds from one end to the other. */
  readonly latency: number
  /** Bytes per second of one sub-protocol. */
  readonly bandwidth: number
  readonly maxMessageSize: number
}

/** What one end of a session knows of the other. */
export interface End {
  readonly id: Uint8Array
  readonly address: string
  readonly protocols: readonly ProtocolId[]
}

/**
 * A session that never leaves the process: a Conn of its own for each sub-protocol, so
 * that nothing is ordered between two of them, as with a multiplexer.
 */
export class MemorySession implements Session {
  readonly remote: Session['remote']
  readonly initiator: boolean
  readonly protocols: readonly ProtocolId[]
  readonly closed: Promise<CloseCode>
  readonly #conns: ReadonlyMap<string, Conn>
  readonly #link: LinkBehaviour
  readonly #opened = new Set<string>()
  #end: (code: CloseCode) => void = () => {}
  #other: MemorySession | undefined
  #over = false

  constructor (remote: Session['remote'], initiator: boolean, protocols: readonly ProtocolId[], conns: ReadonlyMap<string, Conn>, link: LinkBehaviour) {
    this.remote = remote
    this.initiator = initiator
    this.protocols = protocols
    this.#conns = conns
    this.#link = link
    this.closed = new Promise(resolve => { this.#end = resolve })
  }

  open ({ name, version }: ProtocolId): Conn {
    const key = `${name}/${version}`
    const conn = this.#conns.get(key)
    if (conn === undefined) throw new RangeError(`${key} is not shared`)
    if (this.#opened.has(key)) throw new RangeError(`${key} was opened before`)
    this.#opened.add(key)
    return conn
  }

  /** What was sent arrives before the end does. */
  async close (code: CloseCode = 'REQUESTED'): Promise<void> {
    if (this.#over) return
    this.#finish(code)
    for (const conn of this.#conns.values()) void conn.close()
    this.#link.clock.after(this.#link.latency, () => this.#other?.hear(code))
  }

  /** The link breaks: both ends learn of it at once, and nothing that was on its way arrives. */
  cut (): void {
    for (const session of [this, this.#other]) session?.hear('NETWORK')
  }

  /** Tells this end who is at the other. */
  join (other: MemorySession): void {
    this.#other = other
  }

  /** The other end, or the link, is gone. */
  hear (code: CloseCode): void {
    if (this.#over) return
    this.#finish(code)
    for (const conn of this.#conns.values()) conn.abort(new Error(`the session ended: ${code}`))
  }

  #finish (code: CloseCode): void {
    this.#over = true
    this.#end(code)
  }
}

/** Makes the two ends of a session; the first is the dialler's. */
export function sessions (dialler: End, listener: End, link: LinkBehaviour, binding: Uint8Array): [MemorySession, MemorySession] {
  const shared = sharedProtocols(dialler.protocols, listener.protocols)
  const pairs = shared.map(({ name, version }) => [`${name}/${version}`, pair(link)] as const)
  const make = (remote: End, initiator: boolean): MemorySession => new MemorySession(
    { id: remote.id, authenticated: false, address: remote.address, binding },
    initiator,
    shared,
    new Map(pairs.map(([key, conns]) => [key, conns[initiator ? 0 : 1]])),
    link
  )
  const ends: [MemorySession, MemorySession] = [make(listener, true), make(dialler, false)]
  ends[0].join(ends[1])
  ends[1].join(ends[0])
  return ends
}

/** The highest common version of each name, in order of name (bzz-handshake §0). */
function sharedProtocols (a: readonly ProtocolId[], b: readonly ProtocolId[]): ProtocolId[] {
  const best = new Map<string, ProtocolId>()
  for (const protocol of a) {
    const isShared = b.some(({ name, version }) => name === protocol.name && version === protocol.version)
    if (isShared && protocol.version > (best.get(protocol.name)?.version ?? -1)) best.set(protocol.name, protocol)
  }
  return [...best.values()].sort((x, y) => x.name < y.name ? -1 : 1)
}

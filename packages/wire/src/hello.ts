import type { ProtocolId } from '@skep/interface'
import type { Codec } from './codec.ts'
import { list, struct } from './composites.ts'
import { sizeWithHeader } from './rlp.ts'
import { bytes, text, u16, u32, u64 } from './scalars.ts'

/** What each side says first. */
export interface Hello {
  /** Of the base protocol. */
  readonly version: number
  /** The program, for people to read. */
  readonly client: string
  readonly capabilities: readonly ProtocolId[]
  /** The node id. */
  readonly id: Uint8Array
  /** Bytes of each sub-protocol that the sender of this hello takes before it gives credit. */
  readonly window: number
  /** The largest sub-protocol message that the sender of this hello takes. */
  readonly maxMessageSize: number
}

const capabilities = list(struct({ name: text(), version: u32 }))

/**
 * devp2p's hello `[version, client, [[name, version]…], listenPort, id]` with two elements
 * more. As there, elements beyond those are ignored.
 */
export const hello: Codec<Hello> = {
  size: value => sizeWithHeader(content(value)),
  write (to, value) {
    to.list(content(value))
    u32.write(to, value.version)
    text().write(to, value.client)
    capabilities.write(to, [...value.capabilities])
    u16.write(to, 0)
    bytes().write(to, value.id)
    u32.write(to, value.window)
    u32.write(to, value.maxMessageSize)
  },
  read (from) {
    const outer = from.enter()
    const version = Number(u64.read(from))
    const client = text().read(from)
    const offered = capabilities.read(from)
    u64.read(from)
    const id = bytes().read(from)
    const window = from.done ? 0 : u32.read(from)
    const maxMessageSize = from.done ? 0 : u32.read(from)
    while (!from.done) from.skip()
    from.leave(outer)
    return { version, client, capabilities: offered, id, window, maxMessageSize }
  }
}

function content (value: Hello): number {
  return u32.size(value.version) + text().size(value.client) + capabilities.size([...value.capabilities]) + u16.size(0) +
    bytes().size(value.id) + u32.size(value.window) + u32.size(value.maxMessageSize)
}

/**
 * Finds the sub-protocols that both sides have: of each name the highest common version,
 * in bytewise order of name (bzz-handshake §0).
 */
export function negotiate (ours: readonly ProtocolId[], theirs: readonly ProtocolId[]): ProtocolId[] {
  const offered = new Set(theirs.map(({ name, version }) => `${version}/${name}`))
  const shared = new Map<string, ProtocolId>()
  for (const { name, version } of ours) {
    if (!offered.has(`${version}/${name}`)) continue
    if (version > (shared.get(name)?.version ?? -1)) shared.set(name, { name, version })
  }
  return [...shared.values()].sort((a, b) => compareBytes(encoder.encode(a.name), encoder.encode(b.name)))
}

/** The first message code after those of the base protocol (bzz-handshake §0). */
const BASE_LENGTH = 16

/**
 * Gives each shared sub-protocol its range of message codes, as devp2p does: one after
 * another in the order of {@link negotiate}, from 16.
 *
 * @param length - how many messages a sub-protocol has.
 * @returns the first code of each, in the same order.
 */
export function offsets (shared: readonly ProtocolId[], length: (protocol: ProtocolId) => number): number[] {
  let next = BASE_LENGTH
  return shared.map(protocol => {
    const offset = next
    next += length(protocol)
    return offset
  })
}

const encoder = new TextEncoder()

function compareBytes (a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!
  }
  return a.length - b.length
}

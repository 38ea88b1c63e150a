import type { ProtocolId } from '@skep/interface'
import { encode, fixed, list, RlpReader, struct, text, u16, u32 } from '@skep/wire'
import { MAX_HELLO } from './limits.ts'
import { RlpxError } from './errors.ts'

/** The version of devp2p's base protocol, the first with compression. */
export const BASE_VERSION = 5

/** A sub-protocol, with how many message codes it has: devp2p numbers the messages of all in one row. */
export interface Capability extends ProtocolId {
  readonly length: number
}

/** What each side says first. */
export interface RlpxHello {
  readonly version: number
  readonly client: string
  readonly capabilities: readonly ProtocolId[]
  /** Where it claims to listen; 0 says nothing, as servers of 2018 do. */
  readonly port: number
  readonly id: Uint8Array
}

const helloBody = struct({ version: u32, client: text(), capabilities: list(struct({ name: text(), version: u32 })), port: u16, id: fixed(64) })

export function encodeHello ({ version, client, capabilities, port, id }: RlpxHello): Uint8Array {
  return encode(helloBody, { version, client, capabilities: capabilities.map(({ name, version }) => ({ name, version })), port, id })
}

/** Reads a hello; elements beyond the five are ignored. @throws RlpxError - `RLPX_PROTOCOL`. */
export function decodeHello (payload: Uint8Array): RlpxHello {
  if (payload.length > MAX_HELLO) throw new RlpxError('RLPX_PROTOCOL', `a hello of ${payload.length} bytes`)
  try {
    const reader = new RlpReader(payload)
    reader.enter()
    const version = Number(reader.bigint())
    const client = new TextDecoder().decode(reader.view())
    const capabilities: ProtocolId[] = []
    const outer = reader.enter()
    while (!reader.done) {
      const inner = reader.enter()
      const name = new TextDecoder().decode(reader.view())
      capabilities.push({ name, version: Number(reader.bigint()) })
      while (!reader.done) reader.skip()
      reader.leave(inner)
    }
    reader.leave(outer)
    const port = Number(reader.bigint())
    const id = reader.string()
    if (id.length !== 64) throw new RlpxError('RLPX_PROTOCOL', `a node id of ${id.length} bytes`, 'INVALID_IDENTITY')
    return { version, client, capabilities, port, id: Uint8Array.from(id) }
  } catch (cause) {
    if (cause instanceof RlpxError) throw cause
    throw new RlpxError('RLPX_PROTOCOL', 'a hello that does not decode', 'PROTOCOL', { cause })
  }
}

const reasonBody = struct({ reason: u32 })

/** The payload of a disconnect message. */
export function encodeReason (reason: number): Uint8Array {
  return encode(reasonBody, { reason })
}

/** The reason in a disconnect message: a list of one, or a bare integer as some send it. 0 where it is neither. */
export function decodeReason (payload: Uint8Array): number {
  try {
    const reader = new RlpReader(payload)
    if (payload[0]! >= 0xc0) reader.enter()
    return reader.done ? 0 : reader.integer(4)
  } catch {
    return 0
  }
}

import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { IdentityError } from './errors.ts'
import { formatIp, parseIp } from './ip.ts'
import { MAX_UNDERLAY } from './underlay.ts'

/** What an enode URL says. Without a host it is incomplete: an id alone. */
export interface Enode {
  /** The node id, 64 bytes. */
  readonly id: Uint8Array
  /** An IP address in canonical form, without brackets. */
  readonly host?: string
  /** The TCP port; 0 without a host. */
  readonly tcp: number
  /** The UDP port of node discovery; the TCP port unless the URL says otherwise. */
  readonly udp: number
}

/**
 * Reads an enode URL as v1.8.15 does: `enode://<id>@<ip>:<tcp>[?discport=<udp>]`, or a bare id.
 *
 * @throws IdentityError - `IDENTITY_BAD_ENODE`.
 */
export function parseEnode (url: string): Enode {
  if (url.length > MAX_UNDERLAY) throw bad('too long')
  const bare = /^(?:enode:\/\/)?([0-9a-f]+)$/i.exec(url)
  if (bare !== null) return { id: parseId(bare[1]!), tcp: 0, udp: 0 }
  const match = /^enode:\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$/i.exec(url)
  if (match === null) throw bad('the scheme is not enode')
  const [, id, authority, query] = match
  if (id === undefined) throw bad('no node id')
  const host = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(authority!)
  if (host === null) throw bad('no host and port')
  const ip = parseIp(host[1] ?? host[2]!)
  if (ip === undefined) throw bad('the host is no IP address')
  const tcp = parsePort(host[3]!)
  const discport = new URLSearchParams(query ?? '').get('discport')
  return { id: parseId(id), host: formatIp(ip), tcp, udp: discport === null || discport === '' ? tcp : parsePort(discport) }
}

/** Writes an enode URL; the UDP port only where it differs. */
export function formatEnode (enode: { readonly id: Uint8Array, readonly host?: string, readonly tcp?: number, readonly udp?: number }): string {
  if (enode.id.length !== 64) throw new RangeError(`a node id is 64 bytes, not ${enode.id.length}`)
  const id = `enode://${toString(enode.id, 'base16')}`
  if (enode.host === undefined) return id
  const tcp = enode.tcp ?? 0
  const host = enode.host.includes(':') ? `[${enode.host}]` : enode.host
  return `${id}@${host}:${tcp}${enode.udp === undefined || enode.udp === tcp ? '' : `?discport=${enode.udp}`}`
}

/** Whether the text is an enode URL with a host. */
export function isEnode (text: string): boolean {
  try {
    return parseEnode(text).host !== undefined
  } catch {
    return false
  }
}

function parseId (text: string): Uint8Array {
  const hex = text.replace(/^0x/, '')
  if (!/^[0-9a-f]{128}$/i.test(hex)) throw bad('a node id is 128 hex characters')
  return fromString(hex.toLowerCase(), 'base16')
}

function parsePort (text: string): number {
  if (!/^[0-9]{1,8}$/.test(text) || Number(text) > 65_535) throw bad('a port is a number up to 65535')
  return Number(text)
}

function bad (why: string): IdentityError {
  return new IdentityError('IDENTITY_BAD_ENODE', `not an enode URL: ${why}`)
}

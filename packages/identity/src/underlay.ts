import { IdentityError } from './errors.ts'
import { formatIp, parseIp } from './ip.ts'
import { scopeOfIp, type Scope } from './scope.ts'

/** The longest underlay in bytes (limits.md: bytes of an underlay in a gossiped record). */
export const MAX_UNDERLAY = 512
/** The most underlays of one record (limits.md). */
export const MAX_UNDERLAYS = 8

/** The parts of an underlay, `scheme://[user@]host[:port][rest]`. */
export interface Underlay {
  /** Lower case; picks the transport that dials. */
  readonly scheme: string
  /** What stands before an `@`: the node id of an enode. */
  readonly user?: string
  /** An IP address in canonical form and without brackets, or a name in lower case. */
  readonly host: string
  readonly port?: number
  /** The 4 or 16 bytes of the host, if it is an IP address. */
  readonly ip?: Uint8Array
  /** Path and query, if any, from their `/` or `?`. */
  readonly rest: string
}

/**
 * Takes an underlay apart.
 *
 * @throws IdentityError - `IDENTITY_BAD_UNDERLAY`, if it is none, is longer than {@link MAX_UNDERLAY}
 *   or has a host that programs read in different ways (`0x7f.1`, `2130706433`).
 *
 * @example
 * ```ts
 * import { parseUnderlay } from '@skep/identity'
 *
 * const { scheme, host, port } = parseUnderlay('tcp://127.0.0.1:4711')
 * ```
 */
export function parseUnderlay (text: string): Underlay {
  if (text.length > MAX_UNDERLAY) throw bad('too long')
  // Printable ASCII without space: nothing else is told apart by eye, or by every parser.
  if (!/^[!-~]*$/.test(text)) throw bad('a character that is not printable ASCII')
  const match = /^([a-z][a-z0-9+.-]{0,31}):\/\/(?:([^@/?#]*)@)?([^@/?#]*)([/?][^#]*)?$/i.exec(text)
  if (match === null) throw bad('it is not scheme://host:port')
  const [, scheme, user, authority, rest = ''] = match
  return { scheme: scheme!.toLowerCase(), ...(user !== undefined && { user }), ...parseAuthority(authority!), rest }
}

/** Whether the text is an underlay. */
export function isUnderlay (text: string): boolean {
  try {
    parseUnderlay(text)
    return true
  } catch {
    return false
  }
}

/** Writes `tcp://host:port`, with brackets around an IPv6 address. */
export function formatUnderlay (scheme: string, host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/**
 * Tells from where an underlay can be reached.
 *
 * @throws IdentityError - `IDENTITY_BAD_UNDERLAY`, if it is no underlay.
 */
export function scopeOf (underlay: string | Underlay): Scope {
  const { scheme, host, port, ip } = typeof underlay === 'string' ? parseUnderlay(underlay) : underlay
  if (scheme === 'memory') return 'memory'
  if (port === 0) return 'unspecified'
  if (ip !== undefined) return scopeOfIp(ip)
  return host === 'localhost' || host.endsWith('.localhost') ? 'loopback' : 'name'
}

function parseAuthority (text: string): { host: string, port?: number, ip?: Uint8Array } {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([0-9]{1,8}))?$/.exec(text)
  if (match === null) throw bad('its host and port do not parse')
  const [, bracketed, plain, digits] = match
  const port = digits === undefined ? undefined : Number(digits)
  if (port !== undefined && port > 65_535) throw bad('its port is above 65535')
  const ip = parseIp(bracketed ?? plain!)
  if (bracketed !== undefined && (ip === undefined || !bracketed.includes(':'))) throw bad('no IPv6 address in its brackets')
  if (ip === undefined && !isName(plain!)) throw bad('its host is neither an IP address nor a name')
  return {
    host: ip === undefined ? plain!.toLowerCase() : formatIp(ip),
    ...(port !== undefined && { port }),
    ...(ip !== undefined && { ip })
  }
}

/** Host names as RFC 1123 §2.1 has them; a last label that resolvers would read as a number is refused. */
function isName (text: string): boolean {
  if (text.length > 253) return false
  const labels = text.split('.')
  if (!labels.every(label => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))) return false
  return !/^(0x[0-9a-f]*|[0-9]+)$/i.test(labels.at(-1)!)
}

function bad (why: string): IdentityError {
  return new IdentityError('IDENTITY_BAD_UNDERLAY', `not an underlay: ${why}`)
}

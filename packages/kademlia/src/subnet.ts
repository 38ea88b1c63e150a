/**
 * The subnets of a record's underlays: the first 24 bits of an IPv4 address, the first
 * 56 of an IPv6 address. Host names have none.
 *
 * @param withPrivate - whether loopback, private and link-local addresses count.
 */
export function subnetsOf (underlays: readonly string[] | undefined, withPrivate: boolean): string[] {
  if (underlays === undefined || underlays.length === 0) return []
  const subnets = new Set<string>()
  for (const underlay of underlays) {
    const host = hostOf(underlay)
    const bytes = host === undefined ? undefined : ipv4(host) ?? ipv6(host)
    if (bytes === undefined || (!withPrivate && isPrivate(bytes))) continue
    subnets.add(bytes.slice(0, bytes.length === 4 ? 3 : 7).join('.'))
  }
  return [...subnets]
}

/** The host of `scheme://user@host:port/…`, without the brackets of an IPv6 address. */
function hostOf (underlay: string): string | undefined {
  const found = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(?:\[([^\]]*)\]|([^/?#:]*))/i.exec(underlay)
  return found?.[1] ?? found?.[2]
}

function ipv4 (host: string): number[] | undefined {
  const parts = host.split('.')
  if (parts.length !== 4 || !parts.every(part => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined
  return parts.map(Number)
}

/** 16 bytes, or 4 where the address is an IPv4 one in disguise (::ffff:a.b.c.d). */
function ipv6 (host: string): number[] | undefined {
  const tail = /^(.*:)([\d.]*\.[\d.]*)$/.exec(host)
  const inner = tail === null ? undefined : ipv4(tail[2]!)
  if (tail !== null && inner === undefined) return undefined
  const halves = (inner === undefined ? host : `${tail![1]}${hex(inner[0]!, inner[1]!)}:${hex(inner[2]!, inner[3]!)}`).split('::')
  if (halves.length > 2) return undefined
  const [head, rest] = halves.map(half => half === '' ? [] : half.split(':'))
  const missing = 8 - head!.length - (rest?.length ?? 0)
  if (rest === undefined ? missing !== 0 : missing < 1) return undefined
  const words = [...head!, ...Array<string>(missing).fill('0'), ...rest ?? []]
  if (!words.every(word => /^[0-9a-f]{1,4}$/i.test(word))) return undefined
  const bytes = words.flatMap(word => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 0xff])
  const mapped = bytes.every((byte, i) => i >= 12 || byte === (i < 10 ? 0 : 0xff))
  return mapped ? bytes.slice(12) : bytes
}

function hex (high: number, low: number): string {
  return (high * 256 + low).toString(16)
}

/** Loopback, private, link-local and unspecified ranges (RFC 1918, 3927, 4193, 4291, 6598). */
function isPrivate (bytes: readonly number[]): boolean {
  const [a, b] = bytes as [number, number]
  if (bytes.length === 4) {
    return a === 0 || a === 10 || a === 127 || (a === 100 && b >= 64 && b < 128) || (a === 169 && b === 254) || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)
  }
  const loopback = bytes.every((byte, i) => i === 15 ? byte <= 1 : byte === 0)
  return loopback || (a & 0xfe) === 0xfc || (a === 0xfe && (b & 0xc0) === 0x80)
}

/**
 * Reads an IP literal: four decimal parts, or the text forms of RFC 4291 §2.2. No zone, no
 * octal or short forms: what one program reads as loopback must not be a name to another.
 *
 * @returns 4 or 16 bytes, 4 for an IPv4 address mapped into IPv6; `undefined` if it is none.
 */
export function parseIp (text: string): Uint8Array | undefined {
  if (text.includes(':')) {
    const bytes = parseV6(text)
    return bytes !== undefined && isMapped(bytes) ? bytes.slice(12) : bytes
  }
  return parseV4(text)
}

function parseV4 (text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const out = new Uint8Array(4)
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part)) return undefined
    const value = Number(part)
    if (value > 255) return undefined
    out[i] = value
  }
  return out
}

function parseV6 (text: string): Uint8Array | undefined {
  // The longest form is 8 groups of 4 with the last two as IPv4.
  if (text.length > 45) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groups(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? groups(halves[1]!, true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 16 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined
  const out = new Uint8Array(16)
  out.set(head)
  out.set(tail, 16 - tail.length)
  return out
}

/** The bytes of colon-separated groups; IPv4 notation is allowed at the very end. */
function groups (text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return []
  const out: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (isEnd && i === parts.length - 1 && part.includes('.')) {
      const v4 = parseV4(part)
      if (v4 === undefined) return undefined
      out.push(...v4)
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined
      const value = parseInt(part, 16)
      out.push(value >> 8, value & 0xff)
    }
  }
  return out
}

function isMapped (bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every(byte => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
}

/**
 * Writes an IP address in its canonical form (RFC 5952).
 *
 * @throws RangeError - if it is neither 4 nor 16 bytes.
 */
export function formatIp (bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) throw new RangeError(`an IP address is 4 or 16 bytes, not ${bytes.length}`)
  if (isMapped(bytes)) return bytes.subarray(12).join('.')
  const parts = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!)
  let best = { at: -1, length: 1 }
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && parts[end] === 0) end++
    if (end - i > best.length) best = { at: i, length: end - i }
    if (end > i) i = end
  }
  const hex = (from: number, to: number): string => parts.slice(from, to).map(part => part.toString(16)).join(':')
  return best.at < 0 ? hex(0, 8) : `${hex(0, best.at)}::${hex(best.at + best.length, 8)}`
}

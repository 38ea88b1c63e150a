const encoder = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Up to this length a loop is quicker than the platform's encoder. */
const PLAIN = 64

/** The first of the surrogates that stand for a byte, minus that byte. */
const ESCAPE = 0xdc00

/**
 * Reads bytes as UTF-8. A byte that is no part of valid UTF-8 comes as the lone surrogate
 * U+DC00 + byte, as Python's `surrogateescape` has it, so that nothing is lost.
 */
export function toText (bytes: Uint8Array): string {
  if (bytes.length <= PLAIN) {
    let text = ''
    for (let i = 0; i < bytes.length && bytes[i]! < 0x80; i++) text += String.fromCharCode(bytes[i]!)
    if (text.length === bytes.length) return text
  }
  try {
    return strict.decode(bytes)
  } catch {
    let text = ''
    for (let at = 0; at < bytes.length;) {
      const length = sequenceAt(bytes, at)
      text += length === 0 ? String.fromCharCode(ESCAPE + bytes[at]!) : strict.decode(bytes.subarray(at, at + length))
      at += Math.max(1, length)
    }
    return text
  }
}

/**
 * Writes what {@link toText} read.
 *
 * @throws TypeError - if `text` is no string or has a lone surrogate that stands for no byte.
 */
export function fromText (text: string): Uint8Array {
  if (typeof text !== 'string') throw new TypeError(`a text is a string, not a ${typeof text}`)
  if (isWellFormed(text)) return encoder.encode(text)
  const bytes: number[] = []
  for (const character of text) {
    const code = character.codePointAt(0)!
    if (code >= 0xd800 && code <= 0xdfff) {
      if (code < ESCAPE + 0x80 || code > ESCAPE + 0xff) throw new TypeError('a text with a lone surrogate')
      bytes.push(code - ESCAPE)
    } else {
      bytes.push(...encoder.encode(character))
    }
  }
  return Uint8Array.from(bytes)
}

/** Whether a text is short and all ASCII, as names are: such a one is a byte a character. */
export function isPlain (text: string): boolean {
  if (typeof text !== 'string' || text.length > PLAIN) return false
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return false
  }
  return true
}

/** Whether every surrogate has its other half. */
function isWellFormed (text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0xd800 || unit > 0xdfff) continue
    const next = text.charCodeAt(i + 1)
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false
    i++
  }
  return true
}

/** The length of the valid UTF-8 sequence that begins at `at`; 0 when none does (Unicode 15, table 3-7). */
function sequenceAt (bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  const length = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0
  if (length === 0 || at + length > bytes.length) return 0
  const second = bytes[at + 1]!
  const from = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const to = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < from || second > to) return 0
  for (let i = 2; i < length; i++) {
    if ((bytes[at + i]! & 0xc0) !== 0x80) return 0
  }
  return length
}

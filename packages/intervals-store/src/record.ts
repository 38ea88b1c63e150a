import { crc32 } from './crc32.ts'
import { IntervalsError } from './errors.ts'
import { Intervals } from './intervals.ts'
import { formatBase36, parseBase36 } from './text.ts'

/** What a peer's stream held at an index when it was covered. */
export interface Mark {
  readonly index: bigint
  readonly id: Uint8Array
}

/** All that is kept of one stream. */
export interface StreamRecord {
  readonly covered: Intervals
  /** What was passed over on purpose, by reason. */
  readonly declined: ReadonlyMap<string, Intervals>
  readonly mark: Mark | undefined
}

/** The version of the form; a record of another one is refused. */
const VERSION = 1
const HEADER = 5

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Writes a record: version, CRC-32 over key and body (big-endian), then a body of
 * lines: `c` what is covered, `d` what was declined with its reason, `m` the mark.
 */
export function encodeRecord (key: Uint8Array, { covered, declined, mark }: StreamRecord): Uint8Array {
  const lines = [`c ${covered.marshal()}`]
  for (const [reason, intervals] of declined) lines.push(`d ${intervals.marshal()} ${encodeURIComponent(reason)}`)
  if (mark !== undefined) lines.push(`m ${formatBase36(mark.index)} ${toHex(mark.id)}`)
  const body = encoder.encode(lines.join('\n'))
  const record = new Uint8Array(HEADER + body.length)
  record[0] = VERSION
  new DataView(record.buffer).setUint32(1, crc32(key, body))
  record.set(body, HEADER)
  return record
}

/** Reads a record. @throws IntervalsError - `INTERVALS_CORRUPT` if it is not what was written under `key`. */
export function decodeRecord (key: Uint8Array, record: Uint8Array): StreamRecord {
  if (record.length < HEADER) throw new IntervalsError('INTERVALS_CORRUPT', `a record of ${record.length} bytes`)
  if (record[0] !== VERSION) throw new IntervalsError('INTERVALS_CORRUPT', `a record of version ${record[0]}`)
  const body = record.subarray(HEADER)
  const sum = new DataView(record.buffer, record.byteOffset).getUint32(1)
  if (sum !== crc32(key, body)) throw new IntervalsError('INTERVALS_CORRUPT', 'a record fails its checksum')
  try {
    return parse(decoder.decode(body).split('\n'))
  } catch (cause) {
    throw new IntervalsError('INTERVALS_CORRUPT', 'a record is malformed', { cause })
  }
}

function parse (lines: string[]): StreamRecord {
  let covered: Intervals | undefined
  let mark: Mark | undefined
  const declined = new Map<string, Intervals>()
  for (const line of lines) {
    const [kind, text = '', more = ''] = line.split(' ')
    if (kind === 'c') covered = Intervals.unmarshal(text)
    else if (kind === 'd') declined.set(decodeURIComponent(more), Intervals.unmarshal(text))
    else if (kind === 'm') mark = { index: parseBase36(text, 'mark'), id: fromHex(more) }
    else throw new IntervalsError('INTERVALS_TEXT', 'a line of unknown kind')
  }
  if (covered === undefined) throw new IntervalsError('INTERVALS_TEXT', 'no line says what is covered')
  return { covered, declined, mark }
}

function toHex (bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

function fromHex (text: string): Uint8Array {
  return Uint8Array.from({ length: text.length >> 1 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16))
}

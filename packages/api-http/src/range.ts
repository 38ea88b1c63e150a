import { ApiError } from './errors.ts'

/** A part of a file: `length` bytes from `offset`. */
export interface Part {
  readonly offset: number
  readonly length: number
}

/**
 * Reads a Range header (RFC 9110 §14) against the size of the file.
 *
 * @returns `undefined` when the whole file is to be sent: no header, several ranges at once
 *   (a server may ignore those), another unit, or an empty file, as Bee does.
 * @throws ApiError - API_BAD_RANGE for a malformed range or one outside the file.
 */
export function parseRange (header: string | undefined, size: number): Part | undefined {
  if (header === undefined || !header.startsWith('bytes=') || header.includes(',') || size === 0) return undefined
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/.exec(header)
  const [, first = '', last = ''] = match ?? []
  if (match === null || (first === '' && last === '')) throw new ApiError('API_BAD_RANGE', `'${header}' is no range`)
  if (first === '') {
    const length = Math.min(Number(last), size)
    if (length === 0) throw new ApiError('API_BAD_RANGE', 'a range of no bytes')
    return { offset: size - length, length }
  }
  const offset = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (offset >= size) throw new ApiError('API_BAD_RANGE', `the file ends at ${size} bytes, before the range begins`)
  if (end < offset) throw new ApiError('API_BAD_RANGE', `'${header}' ends before it begins`)
  return { offset, length: end - offset + 1 }
}

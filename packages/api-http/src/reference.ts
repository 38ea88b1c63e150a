import type { Address } from '@skep/interface'
import { fromHex } from '@skep/pot'
import { ApiError } from './errors.ts'

/** Hex characters of an address. */
const REFERENCE = /^[0-9a-f]{64}$/i

/**
 * Reads a reference.
 *
 * @throws ApiError - API_BAD_REFERENCE when it is not 64 hex characters.
 */
export function parseReference (text: unknown): Address {
  if (typeof text === 'string' && REFERENCE.test(text)) return fromHex(text.toLowerCase())
  const what = typeof text === 'string' ? `'${text.slice(0, 80)}' (${text.length} characters)` : `a value of type ${typeof text}`
  throw new ApiError('API_BAD_REFERENCE', `a reference is 64 hex characters, not ${what}`)
}

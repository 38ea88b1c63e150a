import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'

export const hex = (bytes: Uint8Array): string => toString(bytes, 'base16')
export const fromHex = (text: string): Uint8Array => fromString(text, 'base16')

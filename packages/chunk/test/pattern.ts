/** The bytes the recorded vectors were made of: byte i is (i*i + 7*i + seed) mod 251. */
export function pattern (length: number, seed: number): Uint8Array {
  const out = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    const r = i % 251
    out[i] = (r * r + 7 * r + seed) % 251
  }
  return out
}

/** The bytes the vectors of the specification were made of: byte i is i mod 255. */
export function ramp (length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 255)
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

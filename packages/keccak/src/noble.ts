import { keccak_256, keccakP } from '@noble/hashes/sha3.js'
import { swap32IfBE } from '@noble/hashes/utils.js'
import { HASH, pad, RATE, STATE } from './engine.ts'
import type { Engine } from './engine.ts'

/** The engine in plain JavaScript, which is the reference of the other. */
export const nobleEngine: Engine = {
  name: 'noble',

  hash (parts) {
    if (parts.length === 1) return keccak_256(parts[0]!)
    const running = keccak_256.create()
    for (const part of parts) running.update(part)
    return running.digest()
  },

  absorb (state, blocks) {
    const words = new Uint32Array(state.buffer, state.byteOffset, STATE / 4)
    for (let at = 0; at < blocks.length; at += RATE) {
      for (let i = 0; i < RATE; i++) state[i]! ^= blocks[at + i]!
      swap32IfBE(words)
      keccakP(words)
      swap32IfBE(words)
    }
  },

  squeeze (state, block, held) {
    const copy = state.slice()
    const last = block.slice()
    pad(last, held, RATE)
    nobleEngine.absorb(copy, last)
    return copy.slice(0, HASH)
  }
}

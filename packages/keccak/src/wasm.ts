import { HASH, pad, RATE, STATE } from './engine.ts'
import type { Engine } from './engine.ts'
import { SPONGE } from './kernel.generated.ts'

/** Where the kernel has its state, and where there is room for blocks: kernel/sponge.mjs. */
const STATE_AT = 256
const BLOCKS_AT = 1024

/** As many whole blocks as fit the kernel's memory of one page, 64 KiB, behind `BLOCKS_AT`. */
const ROOM = Math.floor((65_536 - BLOCKS_AT) / RATE) * RATE

/**
 * Starts the kernel.
 *
 * It is compiled synchronously. Browsers refuse that on the main thread for large
 * modules only, and the kernel is smaller than the smallest limit they ever had, 4 KiB.
 *
 * @returns `undefined` where there is no WebAssembly, or a policy forbids it.
 */
export function wasmEngine (): Engine | undefined {
  let exports: WebAssembly.Exports
  try {
    const bytes = Uint8Array.from(atob(SPONGE), letter => letter.charCodeAt(0))
    exports = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports
  } catch {
    return undefined
  }
  const memory = new Uint8Array((exports.m as WebAssembly.Memory).buffer)
  const result = memory.subarray(STATE_AT, STATE_AT + STATE)
  const kernel = exports.a as (from: number, blocks: number) => void

  return {
    name: 'wasm',

    hash (parts) {
      memory.fill(0, STATE_AT, STATE_AT + STATE)
      let held = 0
      for (const part of parts) {
        if (!(part instanceof Uint8Array)) throw new TypeError('keccak256 takes Uint8Array')
        for (let at = 0; at < part.length;) {
          if (held === ROOM) {
            kernel(BLOCKS_AT, ROOM / RATE)
            held = 0
          }
          const take = Math.min(ROOM - held, part.length - at)
          memory.set(take === part.length ? part : part.subarray(at, at + take), BLOCKS_AT + held)
          held += take
          at += take
        }
      }
      if (held === ROOM) {
        kernel(BLOCKS_AT, ROOM / RATE)
        held = 0
      }
      pad(memory, BLOCKS_AT + held, BLOCKS_AT + (Math.floor(held / RATE) + 1) * RATE)
      kernel(BLOCKS_AT, Math.floor(held / RATE) + 1)
      return memory.slice(STATE_AT, STATE_AT + HASH)
    },

    absorb (state, blocks) {
      memory.set(state, STATE_AT)
      for (let at = 0; at < blocks.length; at += ROOM) {
        const some = blocks.subarray(at, at + ROOM)
        memory.set(some, BLOCKS_AT)
        kernel(BLOCKS_AT, some.length / RATE)
      }
      state.set(result)
    },

    squeeze (state, block, held) {
      memory.set(state, STATE_AT)
      memory.set(block, BLOCKS_AT)
      pad(memory, BLOCKS_AT + held, BLOCKS_AT + RATE)
      kernel(BLOCKS_AT, 1)
      return memory.slice(STATE_AT, STATE_AT + HASH)
    }
  }
}

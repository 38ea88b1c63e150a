import type { Address } from '@skep/interface'
import { MAX_CHUNK_DATA, SEGMENT_SIZE, SPAN_SIZE } from './constants.ts'
import { checkLength } from './hasher.ts'
import type { Hasher } from './hasher.ts'
import { SCALAR, SIMD } from './kernel.generated.ts'
import { BMT_HEIGHT, zeroRoots } from './reference.ts'

/** Where things lie in the kernel's memory: kernel/bmt.mjs. */
export const ZEROS_AT = 256
export const OUT_AT = 512
export const DATA_AT = 2040

/** The kernels: in vectors of 128 bits, or in plain 64-bit integers. */
export type KernelName = 'simd' | 'scalar'

const embedded: Record<KernelName, string> = { simd: SIMD, scalar: SCALAR }

/** Gives the bytes of a kernel. */
export function kernelBytes (name: KernelName): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(embedded[name]), letter => letter.charCodeAt(0))
}

/**
 * Compiles a kernel.
 *
 * This is synchronous. Browsers refuse it on their main thread for large modules only,
 * and the kernels are smaller than the smallest limit they ever had, 4 KiB; a policy
 * that allows `wasm-unsafe-eval` is enough.
 *
 * @returns `undefined` where the engine lacks what the kernel needs, or a policy forbids it.
 */
export function compileKernel (name: KernelName): WebAssembly.Module | undefined {
  try {
    const bytes = kernelBytes(name)
    return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined
  } catch {
    return undefined
  }
}

/** The table that a kernel expects at `ZEROS_AT`. */
export function zeroTable (): Uint8Array {
  const table = new Uint8Array((BMT_HEIGHT + 1) * SEGMENT_SIZE)
  for (const [height, root] of zeroRoots().entries()) table.set(root, height * SEGMENT_SIZE)
  return table
}

/** Starts a kernel, in a memory of its own of 64 KiB. `undefined` where it cannot run. */
export function kernelHasher (name: KernelName): Hasher | undefined {
  const module = compileKernel(name)
  if (module === undefined) return undefined
  const exports = new WebAssembly.Instance(module).exports
  const memory = new Uint8Array((exports.m as WebAssembly.Memory).buffer)
  const run = exports.a as (length: number) => void
  const room = memory.subarray(DATA_AT, DATA_AT + MAX_CHUNK_DATA)
  memory.set(zeroTable(), ZEROS_AT)

  return {
    name,
    address (data: Uint8Array): Address {
      checkLength(data)
      room.set(data)
      run(data.length - SPAN_SIZE)
      return memory.slice(OUT_AT, OUT_AT + SEGMENT_SIZE)
    }
  }
}

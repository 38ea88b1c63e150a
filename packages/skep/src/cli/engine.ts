import { setFlagsFromString } from 'node:v8'

/**
 * Work of a function, in bytes of its bytecode, after which V8 compiles it for good; V8's own
 * default in Node 20 is 67,584.
 *
 * A node runs a lot of code that matters little: with the default compiling all of it takes about
 * a second, as long as syncing ten thousand chunks (docs/performance.md). What is really hot gets
 * there all the same, a moment later.
 */
const INTERRUPT_BUDGET = 300_000

/**
 * How much larger V8 makes the space for new objects when many outlive it: not at all, where its own default is
 * twice as large, up to 16 MiB for each of the two halves.
 *
 * What a sync needs at a time fits in the first megabyte. With the default a node takes 30 MiB more
 * (docs/performance.md).
 */
const SEMI_SPACE_GROWTH_FACTOR = 1

/**
 * Work of a function of WebAssembly after which V8 compiles it for good; V8's own default in Node 20 is 1,800,000.
 *
 * With the default the curve's large functions are compiled after the first few handshakes, which takes a tenth of a
 * second. The hash gets there with its first chunks all the same.
 */
const WASM_TIERING_BUDGET = 36_000_000

/** Tells the engine what pays in a node. For a program of its own, at its very start: it holds for the whole process. */
export function tuneEngine (): void {
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`)
  setFlagsFromString(`--semi-space-growth-factor=${SEMI_SPACE_GROWTH_FACTOR}`)
  setFlagsFromString(`--wasm-tiering-budget=${WASM_TIERING_BUDGET}`)
}

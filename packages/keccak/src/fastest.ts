import type { Engine } from './engine.ts'
import { nobleEngine } from './noble.ts'
import { wasmEngine } from './wasm.ts'

/** The fastest engine there is here; chosen once. */
export const engine: Engine = /* @__PURE__ */ (() => wasmEngine() ?? nobleEngine)()

/**
 * Tells what computes the hashes here: `wasm`, or `noble` where the engine has no
 * WebAssembly or may not compile it.
 */
export const implementation: Engine['name'] = /* @__PURE__ */ (() => engine.name)()

import type { Hasher } from './hasher.ts'
import { kernelHasher } from './kernel.ts'
import { referenceHasher } from './reference.ts'

/** The fastest hasher this engine has; chosen once. */
export const hasher: Hasher = /* @__PURE__ */ (() => kernelHasher('simd') ?? kernelHasher('scalar') ?? referenceHasher)()

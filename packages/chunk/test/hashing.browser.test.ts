import { hasher, join, split } from '@skep/chunk'
import { kernelBytes, kernelHasher, referenceHasher } from '@skep/chunk/hashers'
import { HashPool } from '@skep/chunk/workers'
import { implementation } from '@skep/keccak'
import { expect, test } from 'vitest'

const noise = (length: number): Uint8Array => {
  const out = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(out.subarray(at, at + 65_536))
  return out
}

test('the main thread of a browser has the kernels', () => {
  expect(implementation).toBe('wasm')
  expect(hasher.name).toBe('simd')
  const scalar = kernelHasher('scalar')!
  for (const length of [0, 1, 31, 32, 33, 64, 65, 1000, 4000, 4096]) {
    const data = noise(8 + length)
    expect(hasher.address(data)).toEqual(referenceHasher.address(data))
    expect(scalar.address(data)).toEqual(referenceHasher.address(data))
  }
})

test('the kernels are small enough for the main thread of any browser there has been', () => {
  for (const name of ['simd', 'scalar'] as const) expect(kernelBytes(name).length).toBeLessThanOrEqual(4096)
})

/** Runs a script in a frame with a policy, and gives what it says. */
async function underPolicy (policy: string, script: string): Promise<string> {
  const frame = document.createElement('iframe')
  const said = new Promise<string>(resolve => {
    addEventListener('message', ({ data, source }) => { if (source === frame.contentWindow) resolve(String(data)) })
  })
  frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="${policy}"><script>${script}</script>`
  document.body.append(frame)
  try {
    return await said
  } finally {
    frame.remove()
  }
}

test('the kernels compile where a policy allows WebAssembly and no eval, and fail softly where it does not', async () => {
  const script = `
    const tried = (what) => { try { what(); return 'yes' } catch { return 'no' } }
    const bytes = Uint8Array.from([${kernelBytes('simd').join()}])
    parent.postMessage(tried(() => new Function('return 1')) + ' ' + tried(() => new WebAssembly.Instance(new WebAssembly.Module(bytes))), '*')`
  expect(await underPolicy("script-src 'unsafe-inline' 'wasm-unsafe-eval'", script)).toBe('no yes')
  expect(await underPolicy("script-src 'unsafe-inline'", script)).toBe('no no')
})

test('web workers hash what is split, and the file reads back', async () => {
  const pool = new HashPool({ workers: 2 })
  const bytes = noise(300 * 4096 + 5)
  const chunks = new Map<string, Uint8Array>()
  let root = new Uint8Array(0)
  for await (const { address, data } of pool.split([bytes])) {
    expect(address).toEqual(hasher.address(data))
    chunks.set(address.join(), data)
    root = Uint8Array.from(address)
  }
  expect(pool.running).toBe(2)
  let expected = new Uint8Array(0)
  for await (const { address } of split([bytes])) expected = Uint8Array.from(address)
  expect(root).toEqual(expected)

  let at = 0
  for await (const piece of join(root, async address => chunks.get(address.join()))) {
    expect(piece).toEqual(bytes.slice(at, at + piece.length))
    at += piece.length
  }
  expect(at).toBe(bytes.length)
  await pool.close()
  expect(pool.running).toBe(0)
})

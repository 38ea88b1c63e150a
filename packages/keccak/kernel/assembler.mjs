/**
 * As much of a WebAssembly assembler as the kernels need: code is an array of bytes,
 * nested as deep as it comes, and a module is written out in one go.
 * Opcodes: WebAssembly core specification 2.0, appendix "Index of Instructions".
 */

/** Unsigned LEB128. */
export function u (value) {
  const out = []
  do {
    const low = value & 0x7f
    value >>>= 7
    out.push(value === 0 ? low : low | 0x80)
  } while (value !== 0)
  return out
}

/** Signed LEB128 of a safe integer or a bigint of 64 bits. */
export function s (value) {
  let rest = BigInt.asIntN(64, BigInt(value))
  const out = []
  for (;;) {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) return [...out, low]
    out.push(low | 0x80)
  }
}

const memory = (offset, align) => [...u(align), ...u(offset)]
const simd = code => [0xfd, ...u(code)]

export const I32 = 0x7f
export const I64 = 0x7e
export const V128 = 0x7b

export const get = local => [0x20, ...u(local)]
export const set = local => [0x21, ...u(local)]
export const tee = local => [0x22, ...u(local)]
export const call = index => [0x10, ...u(index)]
export const loop = body => [0x03, 0x40, body, 0x0b]
export const block = body => [0x02, 0x40, body, 0x0b]
export const when = (body, otherwise) => [0x04, 0x40, body, otherwise === undefined ? [] : [0x05, otherwise], 0x0b]
export const again = (depth = 0) => [0x0d, ...u(depth)]
export const leave = () => [0x0f]

export const i32 = {
  const: value => [0x41, ...s(value)],
  eqz: 0x45, ne: 0x47, ltU: 0x49, add: 0x6a, sub: 0x6b, mul: 0x6c, and: 0x71, shl: 0x74, shrU: 0x76
}
export const i64 = {
  const: value => [0x42, ...s(value)],
  load: (offset = 0) => [0x29, ...memory(offset, 3)],
  store: (offset = 0) => [0x37, ...memory(offset, 3)],
  xor: 0x85, and: 0x83, rotl: 0x89
}
export const v128 = {
  load: (offset = 0) => [simd(0x00), ...memory(offset, 4)],
  load64Splat: (offset = 0) => [simd(0x0a), ...memory(offset, 3)],
  load64Zero: (offset = 0) => [simd(0x5d), ...memory(offset, 3)],
  store: (offset = 0) => [simd(0x0b), ...memory(offset, 4)],
  const: bytes => [simd(0x0c), ...bytes],
  shuffle: lanes => [simd(0x0d), ...lanes],
  splat: simd(0x12),
  andnot: simd(0x4f), or: simd(0x50), xor: simd(0x51),
  shl: simd(0xcb), shrU: simd(0xcd)
}

const section = (id, body) => {
  const bytes = body.flat(Infinity)
  return [id, ...u(bytes.length), ...bytes]
}
const list = items => [...u(items.length), ...items]
const text = name => [...u(name.length), ...[...name].map(letter => letter.charCodeAt(0))]

/**
 * Writes a module of one page of memory, exported as `m`.
 *
 * @param functions - `{ params, locals: [type, count][], body, name? }`; those with a name are exported.
 * @param data - `[address, bytes][]`, written into the memory at the start.
 */
export function assemble ({ functions, data }) {
  const exported = functions.flatMap(({ name }, index) => name === undefined ? [] : [[text(name), 0x00, ...u(index)]])
  const bodies = functions.map(({ locals, body }) => {
    const bytes = [list(locals.map(([type, count]) => [...u(count), type])), body, 0x0b].flat(Infinity)
    return [...u(bytes.length), ...bytes]
  })
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
    section(1, list(functions.map(({ params }) => [0x60, list(params), 0x00]))),
    section(3, list(functions.map((_, index) => u(index)))),
    section(5, list([[0x00, 0x01]])),
    section(7, list([[text('m'), 0x02, 0x00], ...exported])),
    section(10, list(bodies)),
    section(11, list(data.map(([address, bytes]) => [0x00, i32.const(address), 0x0b, list([...bytes])])))
  ].flat(Infinity))
}

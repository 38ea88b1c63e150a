/**
 * Inputs that once were trouble, here or elsewhere, or that stand at an edge: bodies of
 * messages as hex. Each finding of the fuzz tests is added, with what it was.
 */
export const CORPUS: readonly (readonly [what: string, hex: string])[] = [
  ['nothing', ''],
  ['an empty list', 'c0'],
  ['an empty string', '80'],
  ['lists in lists', 'c1'.repeat(200)],
  ['long lists in lists', 'f90fff'.repeat(1000)],
  ['a length of 2^64 - 1', 'ffffffffffffffffff'],
  ['a string of 2^64 - 1', 'bfffffffffffffffff'],
  ['a length of 2^53 + 1', 'fe20000000000001'],
  ['a long form for a short list', 'f801c0'],
  ['a length with a zero first', 'f90038'],
  ['a list that ends inside its header', 'f9'],
  ['a byte in two', '8100'],
  ['an integer of nine bytes', 'c98901020304050607080903'],
  ['a name that is no UTF-8', 'c8c78453ff4e433001'],
  ['a name of half a surrogate', 'cac987eda080584e433001']
]

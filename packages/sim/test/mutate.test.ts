import { expect, test } from 'vitest'
import { mutate, SeededRandom } from '@skep/sim'

test('damage is repeated by its seed, changes most, leaves its input alone and grows nothing without bound', () => {
  const input = Uint8Array.from({ length: 64 }, (_, i) => i)
  const before = input.slice()
  const run = (seed: number): Uint8Array[] => {
    const random = new SeededRandom(seed)
    return Array.from({ length: 1_000 }, () => mutate(random, input))
  }
  const outputs = run(1)
  expect(run(1)).toEqual(outputs)
  expect(input).toEqual(before)
  expect(outputs.filter(output => output.join() !== input.join()).length).toBeGreaterThan(900)
  expect(Math.max(...outputs.map(({ length }) => length))).toBeLessThan(64 * 64)
  expect(mutate(new SeededRandom(2), new Uint8Array(0)).length).toBeLessThan(100)
})

import { expect, test } from 'vitest'
import { systemClock, systemRandom } from '@skep/runtime'

test('a cancelled call never happens and others do, in order', async () => {
  const seen: string[] = []
  const cancel = systemClock.after(1, () => seen.push('cancelled'))
  cancel()
  cancel()
  await new Promise<void>(resolve => {
    systemClock.after(0, () => seen.push('first'))
    systemClock.after(5, () => { seen.push('second'); resolve() })
    expect(seen).toEqual([])
  })
  expect(seen).toEqual(['first', 'second'])
})

test('monotonic time does not go back', () => {
  const before = systemClock.now()
  expect(systemClock.now()).toBeGreaterThanOrEqual(before)
  expect(systemClock.wall()).toBeGreaterThan(1_700_000_000_000)
})

test('random bytes come in any number, also above what the platform serves at once', () => {
  for (const n of [0, 1, 32, 65_536, 65_537, 200_000]) expect(systemRandom.bytes(n)).toHaveLength(n)
  const tail = systemRandom.bytes(131_072).subarray(131_040)
  expect(tail.some(byte => byte !== 0)).toBe(true)
})

test('random numbers lie in [0, 1)', () => {
  for (let i = 0; i < 1000; i++) {
    const x = systemRandom.float()
    expect(x >= 0 && x < 1).toBe(true)
  }
})

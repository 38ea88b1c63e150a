import { expect, test } from 'vitest'
import { specVectors, vectors } from '@skep/vectors'

test('a recorded file is read by its name', () => {
  expect(vectors('pot') ?? 'absent').toBeTruthy()
  expect(specVectors('pot')).toBeTypeOf('object')
})

test('a file that is not there is undefined', () => {
  expect(vectors('no-such-recording')).toBeUndefined()
})

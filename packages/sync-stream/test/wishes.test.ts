import { expect, test } from 'vitest'
import { binsFor } from '../src/bins.ts'
import { Wishes } from '../src/wishes.ts'

const times = { linger: 15_000, retry: 1_000, refused: 60_000 }

const wantedOf = (_: string, po: number, depth: number): string[] => binsFor(po, depth).map(String)

const names = (pairs: [string, string][]): string => pairs.map(([peer, bin]) => `${peer}${bin}`).join(' ')

test('a peer that connects is subscribed at once, also at constant depth', () => {
  const wishes = new Wishes(times, wantedOf)
  expect(names(wishes.step(0, [['a', 1]], 3).open)).toBe('a1')
  const { open, close, again } = wishes.step(10, [['a', 1], ['b', 2]], 3)
  expect(names(open)).toBe('b2')
  expect(close).toEqual([])
  expect(again).toBeUndefined()
})

test('a peer that has gone is closed at once, and subscribed anew when it is back', () => {
  const wishes = new Wishes(times, wantedOf)
  wishes.step(0, [['a', 1]], 3)
  expect(names(wishes.step(10, [], 3).close)).toBe('a1')
  expect(names(wishes.step(20, [['a', 1]], 3).open)).toBe('a1')
})

test('a depth that goes up and down opens and closes nothing twice', () => {
  const wishes = new Wishes(times, wantedOf)
  wishes.step(0, [['a', 15]], 15)
  for (let now = 1_000; now < 14_000; now += 2_000) {
    expect(wishes.step(now, [['a', 15]], 16)).toMatchObject({ open: [], close: [] })
    expect(wishes.step(now + 1_000, [['a', 15]], 15)).toMatchObject({ open: [], close: [] })
  }
})

test('what is not wanted is paused, once, and goes on when it is wanted again', () => {
  const wishes = new Wishes(times, wantedOf)
  expect(wishes.step(0, [['a', 15]], 15)).toMatchObject({ pause: [], resume: [] })
  expect(wishes.step(1_000, [['a', 15]], 16)).toMatchObject({ pause: [['a', '16']], resume: [] })
  expect(wishes.step(2_000, [['a', 15]], 16)).toMatchObject({ pause: [], resume: [] })
  expect(wishes.step(3_000, [['a', 15]], 15)).toMatchObject({ open: [], pause: [], resume: [['a', '16']] })
  expect(wishes.step(4_000, [['a', 15]], 15)).toMatchObject({ pause: [], resume: [] })
})

test('a bin that stays unwanted is closed after a while, and the time to look again is known', () => {
  const wishes = new Wishes(times, wantedOf)
  wishes.step(0, [['a', 15]], 15)
  expect(wishes.step(1_000, [['a', 15]], 16)).toMatchObject({ close: [], again: 15_000 })
  expect(wishes.step(11_000, [['a', 15]], 16)).toMatchObject({ close: [], again: 5_000 })
  const { close, again } = wishes.step(16_000, [['a', 15]], 16)
  expect(names(close)).toBe('a16')
  expect(again).toBeUndefined()
})

test('a bin becomes wanted again when the depth falls', () => {
  const wishes = new Wishes(times, wantedOf)
  expect(names(wishes.step(0, [['a', 16]], 16).open)).toBe('a16')
  expect(names(wishes.step(1, [['a', 16]], 14).open)).toBe('a14 a15')
})

test('what failed is tried again soon, what was refused later', () => {
  const wishes = new Wishes(times, wantedOf)
  wishes.step(0, [['a', 1], ['b', 1]], 3)
  wishes.failed('a', '1', 0)
  wishes.refused('b', '1', 0)
  expect(wishes.step(999, [['a', 1], ['b', 1]], 3)).toMatchObject({ open: [], again: 1 })
  expect(names(wishes.step(1_000, [['a', 1], ['b', 1]], 3).open)).toBe('a1')
  expect(wishes.step(59_999, [['a', 1], ['b', 1]], 3)).toMatchObject({ open: [], again: 1 })
  expect(names(wishes.step(60_000, [['a', 1], ['b', 1]], 3).open)).toBe('b1')
})

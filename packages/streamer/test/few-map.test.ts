import { SeededRandom } from '@skep/sim'
import { expect, test } from 'vitest'
import { FewMap } from '../src/few-map.ts'

test('a map of few is a map, whatever is done to it', () => {
  const names = ['a', 'b', 'c']
  for (let seed = 0; seed < 500; seed++) {
    const random = new SeededRandom(seed)
    const few = new FewMap<string, number>()
    const map = new Map<string, number>()
    for (let n = 0; n < 12; n++) {
      const key = names[Math.floor(random.float() * 3)]!
      if (random.float() < 0.4) {
        expect(few.delete(key), `seed ${seed}`).toBe(map.delete(key))
      } else {
        const value = Math.floor(random.float() * 4)
        few.set(key, value)
        map.set(key, value)
      }
      expect(few.size, `seed ${seed}`).toBe(map.size)
      expect([...few], `seed ${seed}`).toEqual([...map])
      const visited: [string, number][] = []
      few.forEach((value, name) => { visited.push([name, value]) })
      expect(visited).toEqual([...map])
      for (const name of names) {
        expect(few.get(name), `seed ${seed}`).toBe(map.get(name))
        expect(few.has(name)).toBe(map.has(name))
      }
      for (const wanted of [0, 3]) expect(few.some(value => value === wanted)).toBe([...map.values()].includes(wanted))
    }
  }
})

test('what is changed while it is gone through does not disturb that', () => {
  const few = new FewMap<string, number>()
  few.set('a', 1)
  few.set('b', 2)
  const seen: string[] = []
  for (const [name] of few) {
    seen.push(name)
    few.delete(name)
    few.set('c', 3)
  }
  expect(seen).toEqual(['a', 'b'])
  expect([...few]).toEqual([['c', 3]])
})

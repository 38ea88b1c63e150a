import { expect, test } from 'vitest'
import { SeededRandom, VirtualClock } from '@skep/sim'

test('timers fire in order of time, then in the order they were set', async () => {
  const clock = new VirtualClock()
  const random = new SeededRandom(7)
  const due = Array.from({ length: 200 }, (_, order) => ({ at: random.integer(40), order }))
  const fired: typeof due = []
  for (const timer of due) clock.after(timer.at, () => fired.push(timer))
  await clock.advance(40)
  expect(fired).toEqual([...due].sort((a, b) => a.at - b.at || a.order - b.order))
  expect(clock.pending).toBe(0)
})

test('time stops at what was asked for, and a timer set on the way fires in its turn', async () => {
  const clock = new VirtualClock(1000)
  const seen: Array<[string, number]> = []
  clock.after(10, () => {
    seen.push(['outer', clock.now()])
    clock.after(5, () => seen.push(['inner', clock.now()]))
  })
  clock.after(12, () => seen.push(['middle', clock.now()]))
  await clock.advance(14)
  expect(seen).toEqual([['outer', 10], ['middle', 12]])
  expect([clock.now(), clock.wall()]).toEqual([14, 1014])
  await clock.advance(1)
  expect(seen.at(-1)).toEqual(['inner', 15])
})

test('a cancelled timer never fires', async () => {
  const clock = new VirtualClock()
  let fired = false
  const cancel = clock.after(1, () => { fired = true })
  cancel()
  await clock.advance(10)
  expect([fired, clock.pending]).toEqual([false, 0])
})

test('what promises make ready runs before time moves', async () => {
  const clock = new VirtualClock()
  const sleep = async (ms: number): Promise<void> => await new Promise(resolve => clock.after(ms, resolve))
  let at = -1
  const work = (async () => { for (let i = 0; i < 10; i++) { await sleep(3); await null; await null } at = clock.now() })()
  await clock.until(() => at >= 0)
  await work
  expect(at).toBe(30)
})

test('waiting for what cannot come is an error, not a hang', async () => {
  const clock = new VirtualClock()
  await expect(clock.until(() => false)).rejects.toThrow('no timer is left')
  const again = (): void => { clock.after(10, again) }
  again()
  await expect(clock.until(() => false, 100)).rejects.toThrow('after 100 virtual ms')
})

test('the same seed gives the same sequence, another seed another', () => {
  const draw = (seed: number): string => Buffer.from(new SeededRandom(seed).bytes(64)).toString('hex')
  expect(draw(1)).toBe(draw(1))
  expect(draw(1)).not.toBe(draw(2))
  const random = new SeededRandom(3)
  const counts = new Array<number>(10).fill(0)
  for (let i = 0; i < 10_000; i++) counts[random.integer(10)]!++
  expect(Math.min(...counts)).toBeGreaterThan(850)
})

import { VirtualClock } from '@skep/sim'
import { describe, expect, test } from 'vitest'
import { Progress } from '../../src/start/progress.ts'

function setup (isTTY: boolean, columns = 80) {
  const clock = new VirtualClock()
  let text = ''
  const progress = new Progress({ isTTY, columns, write: part => { text += part } }, clock)
  const take = (): string => {
    const taken = text
    text = ''
    return taken
  }
  return { clock, progress, take }
}

const share = (held: number, wanted = 100) => ({ name: 'node 0', held, wanted })

describe('progress where lines pile up', () => {
  test('is one line for all nodes, every two seconds, when something moved', async () => {
    const { clock, progress, take } = setup(false)
    progress.show([share(10), { name: 'node 1', held: 999, wanted: 1000 }])
    expect(take()).toBe('   0.0 s  node 0 10 %, node 1 99 %\n')
    await clock.advance(1_999)
    progress.show([share(20)])
    expect(take()).toBe('')
    await clock.advance(1)
    progress.show([share(20)])
    expect(take()).toBe('   2.0 s  node 0 20 %\n')
    await clock.advance(2_000)
    progress.show([share(20)])
    expect(take()).toBe('')
  })

  test('nothing wanted is all of it', () => {
    const { progress, take } = setup(false)
    progress.show([share(0, 0)])
    expect(take()).toContain('100 %')
  })
})

describe('progress on a terminal', () => {
  test('is a bar for each node, drawn over the last ones', async () => {
    const { clock, progress, take } = setup(true)
    progress.show([share(50), share(100)])
    expect(take()).toBe('  node 0  ████████████░░░░░░░░░░░░  50 %  50 of 100\n  node 0  ████████████████████████ 100 %  100 of 100\n')
    await clock.advance(100)
    progress.show([share(60), share(100)])
    expect(take()).toMatch(/^\u001b\[2F\u001b\[J {2}node 0/)
  })

  test('lines told stay above the bars', () => {
    const { progress, take } = setup(true)
    progress.show([share(50)])
    take()
    progress.tell('something happened')
    expect(take()).toBe('\u001b[1F\u001b[J   0.0 s  something happened\n')
    progress.clear()
    expect(take()).toBe('')
  })

  test('a bar never wraps, for then it could not be erased', () => {
    const { progress, take } = setup(true, 20)
    progress.show([{ ...share(50), note: 'x'.repeat(100) }])
    expect(take()).toHaveLength(20)
  })
})

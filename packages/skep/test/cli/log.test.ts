import { VirtualClock } from '@skep/sim'
import { describe, expect, test } from 'vitest'
import { limitedLog } from '../../src/cli/log.ts'

function setup () {
  const clock = new VirtualClock(Date.UTC(2026, 10, 22))
  const lines: string[] = []
  return { clock, lines, log: limitedLog(clock, line => lines.push(line), { rate: 1000, burst: 2000 }) }
}

describe('the log', () => {
  test('has a date and one line for each event, whatever a remote put into it', () => {
    const { lines, log } = setup()
    log('refused a\nremote\u001b[2J')
    expect(lines).toEqual(['2026-11-22T00:00:00.000Z refused a remote [2J\n'])
  })

  test('leaves out what is too much, and says how much that was', async () => {
    const { clock, lines, log } = setup()
    for (let i = 0; i < 100; i++) log('x'.repeat(100))
    const before = lines.length
    expect(before).toBeLessThan(20)
    await clock.advance(1_000)
    log('after')
    expect(lines).toHaveLength(before + 1)
    expect(lines.at(-1)).toBe(`2026-11-22T00:00:01.000Z ${100 - before} lines are left out\n2026-11-22T00:00:01.000Z after\n`)
  })

  test('cuts a line that is too long', () => {
    const { lines, log } = setup()
    log('x'.repeat(5_000))
    expect(lines[0]).toHaveLength(1_000 + '2026-11-22T00:00:00.000Z \n'.length)
  })
})

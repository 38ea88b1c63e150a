import { VirtualClock } from '@skep/sim'
import { describe, expect, test } from 'vitest'
import { ApiFailure } from '../../src/cli/client.ts'
import { CliError } from '../../src/cli/errors.ts'
import { Cluster } from '../../src/start/cluster.ts'
import type { Member } from '../../src/start/member.ts'

function setup () {
  const clock = new VirtualClock()
  const member = { name: 'node 1', starts: 1, ready: async () => ({ api: 'http://127.0.0.1:9' }) }
  const cluster = new Cluster([member as unknown as Member], clock, new AbortController().signal)
  return { clock, member, cluster, ask: async <T> (work: () => Promise<T>) => await cluster.ask(cluster.members[0]!, 'work', work) }
}

describe('asking a node that may die at any moment', () => {
  test('goes on until it succeeds', async () => {
    const { clock, ask } = setup()
    let tries = 0
    const answer = ask(async () => {
      if (++tries < 5) throw new ApiFailure('the connection broke')
      return 'there'
    })
    await clock.advance(1_000)
    expect(await answer).toBe('there')
  })

  test('ends when nothing moved for a minute', async () => {
    const { clock, ask } = setup()
    const answer = ask(async () => { throw new ApiFailure('nobody has it', 404) })
    answer.catch(() => {})
    await clock.advance(60_200)
    await expect(answer).rejects.toThrow('nothing moved for 60 s: node 1: work: nobody has it')
  })

  test('has patience anew when any node was started again', async () => {
    const { clock, member, ask } = setup()
    let over = false
    const answer = ask(async () => { throw new ApiFailure('nobody has it', 404) }).catch(() => { over = true })
    await clock.advance(50_000)
    member.starts++
    await clock.advance(59_000)
    expect(over).toBe(false)
    await clock.advance(2_000)
    await answer
    expect(over).toBe(true)
  })

  test('ends at once when trying again cannot help', async () => {
    const { ask } = setup()
    await expect(ask(async () => { throw new CliError('the file changed') })).rejects.toThrow('the file changed')
  })
})

import { describe, expect, test } from 'vitest'
import { address, core, peer, type TestPeer } from './make.ts'

/** One connection: who dialled, its two ends, and whether it still stands. */
interface Connection {
  readonly dialler: 0 | 1
  readonly ends: readonly [TestPeer, TestPeer]
}

type Event = { readonly type: 'join' | 'close', readonly side: 0 | 1, readonly at: number }

/**
 * Plays one order of events between two nodes: each handshake ends once on either side, and
 * each side learns of a close some time after the other side closed. `choose` picks the next.
 */
function play (diallers: readonly (0 | 1)[], choose: (count: number) => number) {
  const overlays = [address(1), address(2)] as const
  const sides = [core(overlays[0]), core(overlays[1])] as const
  const connections: Connection[] = diallers.map(dialler => ({
    dialler,
    ends: [peer(overlays[1], { initiator: dialler === 0 }), peer(overlays[0], { initiator: dialler === 1 })]
  }))
  const pending: Event[] = connections.flatMap((_, at) => [{ type: 'join', side: 0, at }, { type: 'join', side: 1, at }] as Event[])
  const closed = connections.map(() => [false, false])
  /** This side closes: the other learns of it later. */
  const close = (side: 0 | 1, at: number): void => {
    if (closed[at]![side]) return
    closed[at]![side] = true
    sides[side].step({ type: 'leave', peer: connections[at]!.ends[side] })
    pending.push({ type: 'close', side: (1 - side) as 0 | 1, at })
  }
  while (pending.length > 0) {
    const [event] = pending.splice(choose(pending.length), 1)
    const { type, side, at } = event!
    const end = connections[at]!.ends[side]
    if (type === 'close') {
      if (closed[at]![side]) continue
      closed[at]![side] = true
      const join = pending.findIndex(other => other.type === 'join' && other.side === side && other.at === at)
      if (join >= 0) pending.splice(join, 1)
      else sides[side].step({ type: 'leave', peer: end })
      continue
    }
    for (const effect of sides[side].step({ type: 'join', peer: end })) {
      if (effect.type === 'refuse') close(side, at)
      if (effect.type === 'drop') close(side, connections.findIndex(({ ends }) => ends[side] === effect.peer))
    }
  }
  const live = sides.map((side, i) => connections.findIndex(({ ends }) => side.table.live.has(ends[i]!)))
  return { live, sizes: sides.map(side => side.table.live.size), ons: sides.map(side => side.table.ons), connections, sides, closed }
}

/** Plays every order there is. */
function everyOrder (diallers: readonly (0 | 1)[], look: (outcome: ReturnType<typeof play>) => void): number {
  let orders = 0
  const path: number[] = []
  const counts: number[] = []
  while (true) {
    let depth = 0
    look(play(diallers, count => {
      path[depth] ??= 0
      counts[depth] = count
      return path[depth++]!
    }))
    orders++
    path.length = depth
    while (path.length > 0 && path.at(-1)! + 1 >= counts[path.length - 1]!) path.pop()
    if (path.length === 0) return orders
    path[path.length - 1]!++
  }
}

describe('two connections between the same two nodes', () => {
  test.each<[string, (0 | 1)[], number]>([
    ['one dialled by each', [0, 1], 20],
    ['both dialled by the lower', [0, 0], 20],
    ['both dialled by the higher', [1, 1], 20],
    ['two by the lower, one by the higher', [0, 0, 1], 500],
    ['one by the lower, two by the higher', [0, 1, 1], 500],
    ['three by the lower', [0, 0, 0], 500]
  ])('come to the same one on both ends, in every order: %s', (_, diallers, least) => {
    const wrong: unknown[] = []
    const orders = everyOrder(diallers, ({ live, sizes, ons, connections, closed }) => {
      const [a, b] = live
      const kept = connections[a!]
      const isRight = sizes[0] === 1 && sizes[1] === 1 && a === b &&
        // The lower overlay's connection stays, if it dialled at all.
        kept!.dialler === Math.min(...diallers) && !closed[a!]![0] && !closed[a!]![1] &&
        // Nothing flaps: no connection is put on more often than it was made, or taken up again after a displacement.
        ons.every(count => count < 2 * diallers.length)
      if (!isRight) wrong.push({ live, sizes, ons })
    })
    expect(wrong).toEqual([])
    expect(orders).toBeGreaterThan(least)
  })

  test('are settled at once when the lower overlay is ours, and only the closed one is dropped', () => {
    const me = core(address(1))
    const theirs = peer(address(2), { initiator: false })
    const ours = peer(address(2), { initiator: true })
    me.meet(theirs)
    const effects = me.step({ type: 'join', peer: ours })
    expect(me.only(effects, 'drop')).toEqual([{ type: 'drop', peer: theirs, code: 'ALREADY_CONNECTED' }])
    expect([...me.table.live]).toEqual([ours])
    me.step({ type: 'leave', peer: theirs })
    expect([...me.table.live]).toEqual([ours])
  })

  test('of which the first is dead leave the second: after a crash the dialler knows only that one', () => {
    const me = core(address(1))
    const dead = peer(address(2))
    const fresh = peer(address(2))
    me.meet(dead)
    expect(me.only(me.step({ type: 'join', peer: fresh }), 'accept')).toHaveLength(1)
    expect([...me.table.live]).toEqual([fresh])
    expect(me.only(me.wait(4_999), 'drop')).toEqual([])
    expect(me.only(me.wait(1), 'drop')).toEqual([{ type: 'drop', peer: dead, code: 'ALREADY_CONNECTED' }])
    expect([...me.table.live]).toEqual([fresh])
    expect(me.hive.counts.taken).toBe(1)
  })

  test('with ourselves are none', () => {
    const me = core(address(1))
    expect(me.step({ type: 'join', peer: peer(address(1)) })).toMatchObject([{ type: 'refuse', code: 'SELF' }])
    expect(me.step({ type: 'join', peer: peer(new Uint8Array(31)) })).toMatchObject([{ type: 'refuse', code: 'INVALID_IDENTITY' }])
  })
})

import { HiveCore, limitsOf, type Effect, type HiveOptions, type HivePeer, type Input, type Reach } from '@skep/hive'
import type { PeerRecord } from '@skep/identity'
import type { CloseCode } from '@skep/interface'
import { toHex } from '@skep/pot'
import { SeededRandom } from '@skep/sim'
import { ListTable } from './list-table.ts'

export interface TestPeer extends HivePeer {
  readonly dropped: CloseCode[]
}

let keys = 0

/** An address whose first byte is `first`. */
export function address (first: number, rest = 0): Uint8Array {
  const out = new Uint8Array(32).fill(rest)
  out[0] = first
  return out
}

export function record (overlay: Uint8Array, underlay = `tcp://127.0.0.1:${2_000 + overlay[0]!}`): PeerRecord {
  return { overlay, underlays: [underlay] }
}

export function peer (overlay: Uint8Array, more: Partial<TestPeer> = {}): TestPeer {
  const dropped: CloseCode[] = []
  return { key: `c${keys++}`, overlay, light: false, initiator: false, record: record(overlay), dropped, drop: code => { dropped.push(code) }, ...more }
}

export const wire = ({ overlay, underlays }: PeerRecord): { OAddr: Uint8Array, UAddr: Uint8Array } =>
  ({ OAddr: overlay, UAddr: new TextEncoder().encode(underlays[0]) })

/** A core on a list, with what a test wants to ask of it. */
export function core (base = address(0), options: HiveOptions = {}, reach?: Reach<TestPeer>) {
  const table = new ListTable<TestPeer>(base)
  const limits = limitsOf(options)
  const hive = new HiveCore<TestPeer>({ table, random: new SeededRandom(1), reach }, limits)
  let now = 0
  const step = (input: Input<TestPeer>): Effect<TestPeer>[] => hive.step(now, input)
  const only = <T extends Effect<TestPeer>['type']> (effects: Effect<TestPeer>[], type: T) =>
    effects.filter((effect): effect is Extract<Effect<TestPeer>, { type: T }> => effect.type === type)
  return {
    table,
    hive,
    limits,
    step,
    only,
    wait (ms: number): Effect<TestPeer>[] {
      now += ms
      return step({ type: 'tick' })
    },
    /** Joins and opens a connection. */
    meet (who: TestPeer): Effect<TestPeer>[] {
      return [...step({ type: 'join', peer: who }), ...step({ type: 'open', peer: who })]
    },
    /** What was told to whom, as `to: overlays`. */
    told (effects: Effect<TestPeer>[]): [TestPeer, string[]][] {
      return only(effects, 'peers').map(({ to, records }) => [to, records.map(({ overlay }) => toHex(overlay).slice(0, 2))])
    },
    dials (effects: Effect<TestPeer>[]): string[] {
      return only(effects, 'dial').map(({ target }) => target.underlays.join(' '))
    }
  }
}

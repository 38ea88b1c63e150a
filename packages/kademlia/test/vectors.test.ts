import { Kademlia, peerPots, V1815, v1815, v1815Bins, v1815Each, v1815Health, v1815PeerPots, type Entry, type KadPeer, type KadRecord, type V1815Policy } from '@skep/kademlia'
import type { Clock } from '@skep/interface'
import { fromBinary, fromHex, toBinary, toHex } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { specVectors, vectors } from '@skep/vectors'
import { describe, expect, test } from 'vitest'
import { HandClock } from './hand-clock.ts'

type Table = Kademlia<KadRecord, KadPeer>

interface Setup<C extends Clock = Clock> {
  readonly table: Table
  readonly policy: V1815Policy
  readonly clock: C
}

function setup <C extends Clock> (base: Uint8Array, params: any, clock: C, unreachable: readonly Uint8Array[] = []): Setup<C> {
  const policy = v1815({
    retryInterval: params.RetryIntervalMs ?? params.RetryInterval / 1e6,
    retryExponent: params.RetryExponent,
    maxRetries: params.MaxRetries
  })
  const table: Table = new Kademlia({ base, clock, random: new SeededRandom(1) }, {
    ...V1815,
    neighbours: params.MinProxBinSize,
    minBinSize: params.MinBinSize,
    maxBinSize: params.MaxBinSize,
    maxBin: params.MaxProxDisplay,
    reachable: ({ overlay }) => !unreachable.includes(overlay),
    policy: () => policy
  })
  return { table, policy, clock }
}

/** Suggests as the original does, where asking is an attempt. */
function suggest ({ table, policy }: Setup): { overlay: Uint8Array | undefined, order: number, want: boolean } {
  const { entry, lacking = 0, news = false } = policy.suggest(table.view())
  if (table.suggest() !== entry?.record) throw new Error('asking twice gives two answers')
  if (entry !== undefined) table.dialled(entry.overlay)
  return { overlay: entry?.overlay, order: lacking, want: news }
}

/** Enters a connection as the original does, which takes the connection for a record too. */
function on ({ table, policy }: Setup, peer: KadPeer): boolean {
  if (table.view().known.get(peer.overlay) === undefined) table.register([{ overlay: peer.overlay }])
  const { accepted, code } = table.on(peer)
  expect(code).toBe(accepted ? undefined : 'DUPLICATE')
  if (!accepted) policy.advertise(table.view())
  return accepted
}

/** Ends a connection as the original does, which renews the entry of a peer that is not connected too. */
function off ({ table, policy, clock }: Setup, peer: KadPeer): void {
  const entry = table.view().known.get(peer.overlay)!
  if (entry.peer === undefined) {
    policy.disconnected(entry, table.view())
    entry.since = clock.now()
  }
  table.off(peer)
}

describe.each(['kademlia', 'kademlia-scripts', 'kademlia-large'])('the recording %s', file => {
  const recorded = vectors(file)
  const cases: any[] = recorded?.cases ?? []

  test.skipIf(recorded === undefined)('every step of every script gives the recorded answer and state', async () => {
    for (const [number, { base, params, peers: texts, steps, unixMs, channels, unreachable = [] }] of cases.entries()) {
      const addresses: Uint8Array[] = texts.map(fromHex)
      const peers: KadPeer[] = addresses.map(overlay => ({ overlay }))
      const index = new Map(texts.map((text: string, i: number) => [text, i]))
      const indexOf = (overlay: Uint8Array): number => index.get(toHex(overlay)) as number
      const own = fromHex(base)
      const made = setup(own, params, new VirtualClock(unixMs), unreachable.map((i: number) => addresses[i]!))
      const { table, policy, clock } = made
      const flat = (each: [Entry<KadRecord, KadPeer>, number, boolean][]): number[] => each.flatMap(([{ overlay }, po, nn]) => [indexOf(overlay), po, Number(nn)])
      let depthBefore = 0
      for (const [i, step] of steps.entries()) {
        const where = `case ${number}, step ${i}: ${JSON.stringify(step).slice(0, 300)}`
        const before = policy.advertised
        const counts: number[] = []
        switch (step.op) {
          case 'register': {
            // The original stops at its own address, and enters what came before.
            const self = step.peers.indexOf(-1)
            const list: number[] = self < 0 ? step.peers : step.peers.slice(0, self + 1)
            const { added, refused } = table.register(list.map(p => ({ overlay: p < 0 ? own : addresses[p]! })))
            expect(refused.map(({ code }) => code), where).toEqual(step.error === undefined ? [] : ['SELF'])
            if (step.error !== undefined) expect(step.error).toBe(`add peers: ${base} is self`)
            else if (added > 0) counts.push(table.known().length)
            break
          }
          case 'on':
            if (on(made, peers[step.peer]!)) counts.push(table.known().length)
            expect([policy.advertised, policy.advertised !== before], where).toEqual(step.ret)
            break
          case 'off':
            off(made, peers[step.peer]!)
            counts.push(table.known().length)
            break
          case 'suggest': {
            const { overlay, order, want } = suggest(made)
            expect([overlay === undefined ? null : indexOf(overlay), order, want], where).toEqual(step.ret)
            break
          }
          case 'advance':
            await clock.advance(step.ms)
            break
          case 'healthy': {
            const pot = v1815PeerPots(params.MinProxBinSize, [own, ...(step.universe ?? []).map((p: number) => addresses[p]!)]).get(base)!
            expect(pot.nnSet.map(indexOf), where).toEqual(step.nnSet ?? [])
            expect(pot.emptyBins, where).toEqual(step.emptyBins ?? [])
            const { knowNN, gotNN, countNN, culpritsNN, full } = v1815Health(table.view(), pot)
            const { KnowNN, GotNN, CountNN, CulpritsNN, Full } = step.ret
            expect({ knowNN, gotNN, countNN, culprits: culpritsNN.map(indexOf), full }, where)
              .toEqual({ knowNN: KnowNN, gotNN: GotNN, countNN: CountNN, culprits: CulpritsNN ?? [], full: Full })
            break
          }
          case 'eachBin':
            expect(v1815Bins(table.view()).flatMap(([{ overlay }, bin]) => [indexOf(overlay), bin]), where).toEqual(step.ret ?? [])
            break
          case 'eachConn':
          case 'eachAddr': {
            const view = table.view()
            expect(flat(v1815Each(view, step.op === 'eachConn' ? view.live : view.known, fromHex(step.base), step.o)), where).toEqual(step.ret ?? [])
            break
          }
          case 'string':
            expect(table.toString(), where).toBe(step.ret)
            break
          default:
            throw new Error(`unknown step: ${step.op}`)
        }
        const view = table.view()
        if ('n' in step) {
          expect({ depth: policy.advertised, nDepth: table.depth, sat: table.saturation, n: [table.peers().length, table.known().length] }, where)
            .toEqual({ depth: step.depth, nDepth: step.nDepth, sat: step.sat, n: step.n })
        }
        if ('conns' in step) expect(flat(v1815Each(view, view.live)), where).toEqual(step.conns ?? [])
        if ('addrs' in step) expect(flat(v1815Each(view, view.known)), where).toEqual(step.addrs ?? [])
        if ('retries' in step) expect(v1815Each(view, view.known).map(([{ tries }]) => tries), where).toEqual(step.retries ?? [])
        if (channels === true) {
          expect(counts, where).toEqual(step.addrCountC ?? [])
          expect(table.depth === depthBefore ? [] : [table.depth], where).toEqual(step.depthC ?? [])
        }
        depthBefore = table.depth
      }
    }
  })
})

test.skipIf(vectors('kademlia-retry') === undefined)('a peer that never answers is suggested at the recorded times', () => {
  for (const { MaxRetries, RetryExponent, RetryIntervalMs, pollMs, suggestedAtMs } of vectors('kademlia-retry').cases) {
    const clock = new HandClock()
    const made = setup(new Uint8Array(32), { MinProxBinSize: 2, MinBinSize: 2, MaxBinSize: 4, MaxProxDisplay: 16, MaxRetries, RetryExponent, RetryIntervalMs }, clock)
    made.table.register([{ overlay: fromBinary('1') }])
    const times: number[] = []
    for (let call = 0; call < 40_000 && times.length < 14; call++) {
      if (suggest(made).overlay !== undefined) times.push(clock.time)
      clock.time += pollMs
    }
    expect(times).toEqual(suggestedAtMs)
  }
})

describe('the recorded oracle', () => {
  const recorded = vectors('peerpot')

  test.skipIf(recorded === undefined)('of v1.8.15 gives the recorded neighbours and empty bins', () => {
    for (const { addrs, minProx, pots } of recorded.cases) {
      const addresses: Uint8Array[] = addrs.map(fromHex)
      const made = v1815PeerPots(minProx, addresses)
      for (const [i, [nnSet, emptyBins]] of pots.entries()) {
        const pot = made.get(addrs[i])!
        expect(pot.nnSet.map(overlay => addrs.indexOf(toHex(overlay)))).toEqual(nnSet ?? [])
        expect(pot.emptyBins).toEqual(emptyBins ?? [])
      }
    }
  })

  test.skipIf(recorded === undefined)('and ours agrees with it wherever no bin below the neighbourhood is empty', () => {
    for (const { addrs, minProx, pots } of recorded.cases) {
      const made = peerPots(addrs.map(fromHex), minProx)
      for (const [i, [nnSet, emptyBins]] of pots.entries()) {
        if ((emptyBins ?? []).length > 0 || (nnSet ?? []).length < minProx) continue
        expect(made.get(addrs[i])!.neighbours.map(overlay => addrs.indexOf(toHex(overlay))).sort()).toEqual([...nnSet].sort())
      }
    }
  })
})

describe('the second recording', () => {
  const recorded = specVectors('kademlia')

  test('every trace gives the recorded answers, orders and table', () => {
    for (const { name, base, params, trace, table: text, eachConn, eachAddr, eachBin } of recorded.scenarios) {
      const made = setup(fromBinary(base), params, new VirtualClock(new VirtualClock().wall() + ((15 * 60 + 11) * 60 + 11) * 1_000))
      const { table, policy } = made
      const peers = new Map<string, KadPeer>()
      const peer = (digits: string): KadPeer => {
        if (!peers.has(digits)) peers.set(digits, { overlay: fromBinary(digits) })
        return peers.get(digits)!
      }
      for (const step of trace) {
        const where = `${name}: ${JSON.stringify(step)}`
        const before = policy.advertised
        if (step.op === 'on') {
          on(made, peer(step.addr))
          expect([policy.advertised, policy.advertised !== before], where).toEqual([step.depth, step.changed])
        } else if (step.op === 'off') {
          off(made, peer(step.addr))
        } else if (step.op === 'register') {
          const { refused } = table.register([{ overlay: peer(step.addr).overlay }])
          expect(refused.length > 0, where).toBe(step.err !== '<nil>')
        } else {
          expect(step.op).toBe('suggest')
          const { overlay, order, want } = suggest(made)
          expect([overlay && toBinary(overlay).slice(0, 16), order, want], where).toEqual([step.suggested ?? undefined, step.order, step.want])
        }
        expect([table.known().length, table.peers().length, table.depth, policy.advertised, table.saturation], where)
          .toEqual([step.addrs, step.conns, step.nbDepth, step.satDepth, step.saturation])
      }
      const view = table.view()
      const first = (overlay: Uint8Array): string => toBinary(overlay.subarray(0, 1))
      const lines = (entries: typeof view.live): string[] => v1815Each(view, entries).map(([{ overlay }, po, nn]) => `${first(overlay)} po=${po} nn=${nn}`)
      expect(lines(view.live), name).toEqual(eachConn ?? [])
      expect(lines(view.known), name).toEqual(eachAddr ?? [])
      expect(v1815Bins(view).map(([{ overlay }, bin]) => `${first(overlay)} bin=${bin}`), name).toEqual(eachBin ?? [])
      expect(table.toString(), name).toBe(text)
    }
  })

  test('the oracle gives the recorded neighbours and empty bins', () => {
    for (const { addrs, map, minProxBinSize } of recorded.peerPot) {
      const made = v1815PeerPots(minProxBinSize, addrs.map((digits: string) => fromBinary(digits)))
      for (const { key, nnset, emptyBins } of map) {
        const pot = made.get(key)!
        expect(pot.nnSet.map(toHex)).toEqual((nnset ?? []).map((digits: string) => toHex(fromBinary(digits))))
        expect(pot.emptyBins).toEqual(emptyBins ?? [])
      }
    }
  })
})

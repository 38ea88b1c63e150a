import { toHex } from '@skep/pot'

interface NaiveEntry {
  readonly po: number
  live: boolean
  dialable: boolean
  tries: number
  triedAt: number
  since: number
}

/** The rules of a table over a plain map, looked through whole for every question. */
export class NaiveTable {
  readonly entries = new Map<string, NaiveEntry>()
  readonly options: { readonly neighbours: number, readonly minBinSize: number }
  dials = 0

  constructor (options: { readonly neighbours: number, readonly minBinSize: number }) {
    this.options = options
  }

  get live (): NaiveEntry[] {
    return [...this.entries.values()].filter(({ live }) => live)
  }

  size (po: number): number {
    return this.live.filter(entry => entry.po === po).length
  }

  /** The greatest proximity order that still has enough peers at it and beyond. */
  get reach (): number {
    for (let po = 255; po > 0; po--) if (this.live.filter(entry => entry.po >= po).length >= this.options.neighbours) return po
    return 0
  }

  get depth (): number {
    let depth = 0
    while (depth < this.reach && this.size(depth) > 0) depth++
    return depth
  }

  get saturation (): number {
    let bin = 0
    while (bin < this.depth && this.size(bin) >= this.options.minBinSize) bin++
    return bin
  }

  /** From when on an entry may be dialled, without jitter. */
  nextAttempt (entry: NaiveEntry): number {
    if (entry.tries === 0) return -Infinity
    const cap = entry.po >= this.depth || this.live.length === 0 ? 30_000 : 300_000
    return entry.triedAt + Math.min(cap, 1_000 * 2 ** (entry.tries - 1))
  }

  /** All addresses that may come next; which of them does is not for the rules to say. */
  suggestions (now: number): string[] {
    const { minBinSize } = this.options
    const waiting = [...this.entries].filter(([, { live, dialable }]) => !live && dialable)
    const ready = waiting.filter(([, entry]) => this.nextAttempt(entry) <= now)
    const bins = Array.from({ length: this.reach }, (_, po) => {
      const mine = waiting.filter(([, entry]) => entry.po === po)
      const underWay = mine.filter(each => !ready.includes(each) && now - each[1].triedAt < 2_000).length
      return { po, filled: this.size(po) + underWay, hopeful: mine.some(([, { tries }]) => tries < 3), ready: ready.filter(([, entry]) => entry.po === po) }
    })
    const near = bins.find(({ po, hopeful }) => this.size(po) === 0 && !hopeful)?.po ?? this.reach
    const lacking = bins.filter(({ po, filled }) => this.size(po) < minBinSize && filled < minBinSize)
    const rank = {
      empty: lacking.filter(({ filled }) => filled === 0).flatMap(bin => bin.ready.map(([name, { tries, po }]) => ({ name, by: [tries, po] }))),
      neighbourhood: ready.filter(([, { po }]) => po >= near).map(([name, { tries, po }]) => ({ name, by: [tries, -po] })),
      sparse: lacking.filter(({ filled }) => filled > 0).flatMap(bin => bin.ready.map(([name, { tries, po }]) => ({ name, by: [tries, bin.filled, po] })))
    }
    const turns = [['empty', 'neighbourhood', 'sparse'], ['neighbourhood', 'empty', 'sparse'], ['empty', 'neighbourhood', 'sparse'], ['sparse', 'neighbourhood', 'empty']] as const
    const candidates = turns[this.dials % 4]!.map(need => rank[need]).find(list => list.length > 0) ?? []
    const order = (a: { by: number[] }, b: { by: number[] }): number => a.by.map((value, i) => value - b.by[i]!).find(difference => difference !== 0) ?? 0
    const [first] = [...candidates].sort(order)
    return candidates.filter(each => order(each, first!) === 0).map(({ name }) => name)
  }

  entry (overlay: Uint8Array, po: number): NaiveEntry {
    const name = toHex(overlay)
    const entry = this.entries.get(name) ?? { po, live: false, dialable: false, tries: 0, triedAt: -Infinity, since: 0 }
    this.entries.set(name, entry)
    return entry
  }
}

import type { Cluster } from './cluster.ts'
import type { Member } from './member.ts'
import type { GlobalView } from './oracle.ts'

/** Addresses asked about at once; the API's limit. */
const BATCH = 4096

/** What shall lie at which node, and what of it is known to lie there. */
export class Spread {
  /** For each node, what it shall have. */
  readonly wanted: ReadonlyMap<Member, readonly string[]>
  readonly #missing: Map<Member, Set<string>>

  constructor (members: readonly Member[], view: GlobalView, addresses: Iterable<string>) {
    const all = [...addresses]
    this.wanted = new Map(members.map(member => [member, all.filter(address => view.isResponsible(member.last!.overlay, address))]))
    this.#missing = new Map([...this.wanted].map(([member, wanted]) => [member, new Set(wanted)]))
  }

  /** Copies that shall lie somewhere, in all. */
  get copies (): number {
    return sum([...this.wanted.values()].map(({ length }) => length))
  }

  missingAt (member: Member): number {
    return this.#missing.get(member)!.size
  }

  get missing (): number {
    return sum([...this.#missing.values()].map(({ size }) => size))
  }

  /** One of the chunks that a node lacks. */
  example (member: Member): string | undefined {
    const [first] = this.#missing.get(member)!
    return first
  }

  /** Asks a node's own store for what it is not known to have, as long as it has all that it is asked for. */
  async look (cluster: Cluster, member: Member): Promise<void> {
    const missing = this.#missing.get(member)!
    while (missing.size > 0) {
      const batch = first(missing, BATCH)
      const held = await ask(cluster, member, batch)
      for (const address of held) missing.delete(address)
      if (held.length < batch.length) return
    }
  }

  /** Asks a node's own store for everything again; what it lacks counts as missing. */
  async lookAgain (cluster: Cluster, member: Member): Promise<void> {
    const wanted = this.wanted.get(member)!
    for (let at = 0; at < wanted.length; at += BATCH) {
      const batch = wanted.slice(at, at + BATCH)
      const held = new Set(await ask(cluster, member, batch))
      for (const address of batch) if (!held.has(address)) this.#missing.get(member)!.add(address)
    }
  }
}

async function ask (cluster: Cluster, member: Member, addresses: readonly string[]): Promise<string[]> {
  const { has } = await cluster.ask(member, 'asking for chunks', async (client, signal) =>
    await client.json<{ has: boolean[] }>('/chunks/has', { method: 'POST', body: JSON.stringify({ addresses }), signal }))
  return addresses.filter((_, i) => has[i] === true)
}

function first (set: ReadonlySet<string>, limit: number): string[] {
  const out: string[] = []
  for (const item of set) if (out.push(item) === limit) break
  return out
}

function sum (numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}

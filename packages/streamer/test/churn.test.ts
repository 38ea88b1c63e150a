import { IntervalsStore } from '@skep/intervals-store'
import { SeededRandom } from '@skep/sim'
import { describe, expect, test } from 'vitest'
import { id, Link, Node, nothingLeft, Shelf, text, VirtualClock } from './harness.ts'

/** A handful of nodes that all follow each other, while links break, nodes restart and items appear. */
class Swarm {
  readonly clock = new VirtualClock()
  readonly random: SeededRandom
  readonly nodes: Node[]
  readonly links = new Map<string, Link>()
  /** Bodies received and stored by streamers that have ended. */
  received = 0
  stored = 0
  items = 0

  constructor (seed: number, count: number) {
    this.random = new SeededRandom(seed)
    this.nodes = Array.from({ length: count }, (_, i) => {
      const shelf = new Shelf()
      shelf.slow = i % 3
      shelf.epoch = `epoch ${i}`
      return new Node(i + 1, this.clock, shelf)
    })
    for (const node of this.nodes) this.serve(node)
  }

  serve (node: Node): void {
    node.streamer.onRequest(async (_peer, address) => node.shelf.items.get(text(address)))
  }

  connect (i: number, j: number): void {
    const key = `${Math.min(i, j)} ${Math.max(i, j)}`
    if (i === j || this.links.has(key)) return
    const [a, b] = [this.nodes[i]!, this.nodes[j]!]
    const link = new Link(a, b, { latency: 1 + this.random.integer(30), bandwidth: 200_000 + this.random.integer(2_000_000) })
    this.links.set(key, link)
    a.streamer.subscribe(link.toB, 'SHELF', 'x')
    b.streamer.subscribe(link.toA, 'SHELF', 'x')
  }

  cut (key: string): void {
    this.links.get(key)?.cut()
    this.links.delete(key)
  }

  async restart (i: number): Promise<void> {
    for (const key of [...this.links.keys()]) if (key.split(' ').includes(String(i))) this.cut(key)
    await this.clock.settle()
    const node = this.nodes[i]!
    expect(nothingLeft(node.streamer)).toBe(true)
    this.count(node)
    node.restart()
    this.serve(node)
  }

  count (node: Node): void {
    this.received += node.streamer.counters.bodiesReceived
    this.stored += node.streamer.counters.bodiesStored
  }

  all (): void {
    for (const i of this.nodes.keys()) for (let j = 0; j < i; j++) this.connect(i, j)
  }

  /** What a node says is covered is in its shelf. */
  async honest (): Promise<void> {
    for (const node of this.nodes) {
      for (const { id: { peer }, intervals } of await new IntervalsStore(node.store).list()) {
        const from = this.nodes.find(({ overlay }) => text(overlay) === peer)!
        for (const [low, high] of intervals) {
          for (let index = Number(low); index <= Number(high); index++) {
            const item = from.shelf.order[index - 1]
            if (item !== undefined && !node.shelf.items.has(text(item))) throw new Error(`index ${index} of ${peer} is claimed and not there`)
          }
        }
      }
    }
  }
}

describe('while links break and nodes restart', () => {
  for (let seed = 1; seed <= 4; seed++) {
    test(`every item gets everywhere, once, and no claim is false (seed ${seed})`, async () => {
      const swarm = new Swarm(seed, 4 + seed % 3)
      const { random, nodes, clock } = swarm
      swarm.all()
      for (let step = 0; step < 60; step++) {
        const what = random.integer(6)
        if (what === 0 && swarm.links.size > 0) swarm.cut(random.pick([...swarm.links.keys()]))
        else if (what === 1 && step % 4 === 0) await swarm.restart(random.integer(nodes.length))
        else if (what === 2) swarm.connect(random.integer(nodes.length), random.integer(nodes.length))
        else if (what === 3 && swarm.links.size > 0) {
          const link = random.pick([...swarm.links.values()])
          for (const node of nodes) node.streamer.unsubscribe(link.toA, 'SHELF', 'x')
        } else {
          const count = 1 + random.integer(80)
          const { shelf } = random.pick(nodes)
          for (let n = 0; n < count; n++) shelf.add(id(++swarm.items))
        }
        await clock.advance(random.integer(300))
        if (step % 10 === 0) await swarm.honest()
      }
      for (const key of [...swarm.links.keys()]) swarm.cut(key)
      await clock.settle()
      swarm.all()
      await clock.advance(30_000)
      for (const node of nodes) {
        expect(node.shelf.items.size).toBe(swarm.items)
        expect(node.streamer.status().every(({ synced }) => synced)).toBe(true)
        swarm.count(node)
      }
      await swarm.honest()
      expect(swarm.received / swarm.stored).toBeLessThanOrEqual(1.02)
    })
  }
})

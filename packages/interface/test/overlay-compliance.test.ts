import type { Address } from '@skep/interface'
import { testOverlay } from '@skep/interface/compliance'
import { describe, expect, test } from 'vitest'
import { NaiveOverlay, under, type NaivePeer } from './naive-overlay.ts'

/** All laws by name, without the suite's prefix. */
function laws (make: () => NaiveOverlay): [string, () => Promise<void>][] {
  const found: [string, () => Promise<void>][] = []
  testOverlay<NaivePeer>({ test: (name, law) => found.push([name.replace('overlay: ', ''), law]), make: () => under(make()), light: true })
  return found
}

/** One overlay per law that breaks it; the suite is not finished while a law has none. */
const culprits: Record<string, new () => NaiveOverlay> = {
  'the base is an address': class extends NaiveOverlay {
    override base: Address = new Uint8Array(20)
  },
  'peers are those that are connected': class extends NaiveOverlay {
    override disconnect (peer: NaivePeer): void {
      if (this.list.length > 1) super.disconnect(peer)
    }
  },
  'our own address is nobody\'s': class extends NaiveOverlay {
    protected override refuses (address: Address): boolean {
      return this.proximity(address, this.base) < 256 && super.refuses(address)
    }
  },
  'a second connection of one address never touches the first': class extends NaiveOverlay {
    override connect (address: Address, options?: { light?: boolean }): NaivePeer | undefined {
      this.list = this.list.filter(peer => this.proximity(peer.address, address) < 256)
      return super.connect(address, options)
    }
  },
  'a peer may leave twice': class extends NaiveOverlay {
    override disconnect (peer: NaivePeer): void {
      this.list.splice(this.list.indexOf(peer), 1)
      this.changed()
    }
  },
  'a list of peers stands still': class extends NaiveOverlay {
    override * peers (to?: Address): Iterable<[NaivePeer, number]> {
      yield * super.peers(to)
    }
  },
  'peers have their proximity order to the base': class extends NaiveOverlay {
    override peers (to?: Address): Iterable<[NaivePeer, number]> {
      return Array.from(super.peers(to), ([peer, po]): [NaivePeer, number] => [peer, to === undefined ? Math.min(po, 15) : po])
    }
  },
  'peers come nearest first': class extends NaiveOverlay {
    override peers (to?: Address): Iterable<[NaivePeer, number]> {
      return to === undefined ? [...super.peers()].reverse() : super.peers(to)
    }
  },
  'seen from another address, orders and their sequence are that address\'s': class extends NaiveOverlay {
    override peers (): Iterable<[NaivePeer, number]> {
      return super.peers()
    }
  },
  'seen from a peer\'s own address, that peer comes first': class extends NaiveOverlay {
    override peers (to?: Address): Iterable<[NaivePeer, number]> {
      return Array.from(super.peers(to)).sort(([, a], [, b]) => Math.min(b, 255) - Math.min(a, 255)).map(([peer, po]) => [peer, Math.min(po, 255)])
    }
  },
  'depth is 0 without peers': class extends NaiveOverlay {
    override get depth (): number {
      return this.list.length === 0 ? 1 : super.depth
    }
  },
  'every bin below depth has somebody, whoever comes and goes': class extends NaiveOverlay {
    override get depth (): number {
      const orders = this.full().map(({ address }) => this.proximity(address, this.base)).sort((a, b) => b - a)
      return orders[1] ?? 0
    }
  },
  'a listener hears of peers that come and go': class extends NaiveOverlay {
    override disconnect (peer: NaivePeer): void {
      const { told } = this
      super.disconnect(peer)
      this.told = told
    }
  },
  'a listener is never called from within the change': class extends NaiveOverlay {
    protected override changed (): void {
      for (const listener of this.listeners) listener()
    }
  },
  'changes of one moment are told once': class extends NaiveOverlay {
    protected waiting = 0
    protected override changed (): void {
      this.waiting++
    }

    override async settle (): Promise<void> {
      for (; this.waiting > 0; this.waiting--) {
        this.told = false
        await super.settle()
      }
    }
  },
  'a listener finds the peers as they are': class extends NaiveOverlay {
    protected seen: NaivePeer[] = []
    override peers (to?: Address): Iterable<[NaivePeer, number]> {
      const now = [...super.peers(to)]
      return this.told && this.telling ? now.filter(([peer]) => this.seen.includes(peer)) : now
    }

    protected telling = false
    override async settle (): Promise<void> {
      this.telling = true
      await super.settle()
      this.telling = false
      this.seen = this.full()
    }
  },
  'an ended subscription hears nothing more': class extends NaiveOverlay {
    override onChange (listener: () => void): () => void {
      super.onChange(listener)
      return () => {}
    }
  },
  'subscriptions of one listener end one by one': class extends NaiveOverlay {
    override onChange (listener: () => void): () => void {
      this.listeners.push(listener)
      return () => { this.listeners = this.listeners.filter(other => other !== listener) }
    }
  },
  'light peers are not among the peers, nor do they count for depth': class extends NaiveOverlay {
    protected override full (): NaivePeer[] {
      return this.list
    }
  }
}

describe('the laws of an overlay', () => {
  for (const [name, law] of laws(() => new NaiveOverlay())) test(`a sound overlay keeps this one: ${name}`, law)

  test('every law has an overlay that breaks it', () => {
    expect(Object.keys(culprits).sort()).toEqual(laws(() => new NaiveOverlay()).map(([name]) => name).sort())
  })

  test.each(Object.entries(culprits))('a broken overlay fails: %s', async (name, Culprit) => {
    const [, law] = laws(() => new Culprit()).find(([other]) => other === name)!
    await expect(law()).rejects.toThrow()
  })

  test('the law about light peers is for overlays that have some', () => {
    const names: string[] = []
    testOverlay<NaivePeer>({ test: name => names.push(name), make: () => under(new NaiveOverlay()) })
    expect(names.filter(name => name.includes('light'))).toEqual([])
  })
})

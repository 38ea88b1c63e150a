import type { Address, Overlay } from '@skep/interface'
import type { OverlayUnderTest } from '@skep/interface/compliance'

export interface NaivePeer {
  readonly address: Address
  readonly light: boolean
}

/** An overlay as short as the laws allow: a list, everybody a neighbour but for what lies below the first gap. */
export class NaiveOverlay implements Overlay<NaivePeer> {
  base: Address = new Uint8Array(32)
  protected list: NaivePeer[] = []
  protected listeners: (() => void)[] = []
  protected told = true

  get depth (): number {
    const orders = this.full().map(({ address }) => this.proximity(address, this.base))
    let depth = 0
    while (orders.includes(depth)) depth++
    return depth
  }

  peers (to: Address = this.base): Iterable<[NaivePeer, number]> {
    return this.full()
      .map((peer): [NaivePeer, number] => [peer, this.proximity(peer.address, to)])
      .sort(([, a], [, b]) => b - a)
  }

  onChange (listener: () => void): () => void {
    const own = (): void => listener()
    this.listeners.push(own)
    return () => { this.listeners = this.listeners.filter(other => other !== own) }
  }

  connect (address: Address, { light = false } = {}): NaivePeer | undefined {
    if (this.refuses(address)) return undefined
    const peer = { address, light }
    this.list.push(peer)
    this.changed()
    return peer
  }

  disconnect (peer: NaivePeer): void {
    const before = this.list.length
    this.list = this.list.filter(other => other !== peer)
    if (this.list.length < before) this.changed()
  }

  async settle (): Promise<void> {
    if (this.told) return
    this.told = true
    for (const listener of this.listeners) listener()
  }

  protected full (): NaivePeer[] {
    return this.list.filter(({ light }) => !light)
  }

  protected refuses (address: Address): boolean {
    return [this.base, ...this.list.map(peer => peer.address)].some(other => this.proximity(address, other) === 256)
  }

  protected changed (): void {
    this.told = false
  }

  protected proximity (a: Address, b: Address): number {
    const at = a.findIndex((byte, i) => byte !== b[i])
    return at < 0 ? 256 : at * 8 + Math.clz32(a[at]! ^ b[at]!) - 24
  }
}

/** How the suite drives one of these. */
export function under (overlay: NaiveOverlay): OverlayUnderTest<NaivePeer> {
  return {
    overlay,
    connect: (address, options) => overlay.connect(address, options),
    disconnect: peer => overlay.disconnect(peer),
    addressOf: ({ address }) => address,
    settle: () => overlay.settle()
  }
}

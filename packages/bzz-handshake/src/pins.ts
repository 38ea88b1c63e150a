import type { Address } from '@skep/interface'
import { parseUnderlay, scopeOfIp, type Scope } from '@skep/identity'

export interface PinsOptions {
  /** Node ids and overlay addresses remembered. Defaults to 4,096 of each. */
  readonly maxPins?: number
  /** Live peers without proof from one /24 or /56 of the public network. Defaults to 8 (reliability.md §5). */
  readonly maxPerSubnet?: number
}

/** Why a claim is not believed. */
export type ClaimCode =
  /** The node id came with another overlay address before. */
  | 'OTHER_OVERLAY'
  /** Another node holds the overlay address now. */
  | 'OVERLAY_TAKEN'
  /** The overlay address has been proven before, so its owner would prove it. */
  | 'OVERLAY_PROVEN'
  /** Too many peers of that subnet are connected without proof. */
  | 'SUBNET'

/** What became of a claim. */
export type Claim =
  | { readonly accepted: true, /** To be called when the connection ends. */ release (): void }
  | { readonly accepted: false, readonly code: ClaimCode }

/**
 * What can be held on to about peers that cannot prove their overlay address.
 *
 * The first overlay address that comes with a node id is the only one it may claim; an
 * overlay address is held by one node at a time, and one that was proven once is nobody's
 * to claim without proof. Bounded: the pin used longest ago goes first.
 */
export class Pins {
  readonly #maxPins: number
  readonly #maxPerSubnet: number
  readonly #pinned = new Map<string, string>()
  readonly #proven = new Set<string>()
  /** Who holds an overlay address now, and over how many connections. */
  readonly #held = new Map<string, { readonly id: string, count: number }>()
  readonly #subnets = new Map<string, number>()

  constructor (options: PinsOptions = {}) {
    this.#maxPins = options.maxPins ?? 4_096
    this.#maxPerSubnet = options.maxPerSubnet ?? 8
  }

  /** How much is remembered. */
  get size (): number {
    return this.#pinned.size + this.#proven.size + this.#held.size + this.#subnets.size
  }

  /**
   * A peer without proof claims an overlay address.
   *
   * @param address - `host:port` as the transport saw it.
   */
  claim (nodeId: Uint8Array, overlay: Address, address?: string): Claim {
    const [id, claimed] = [keyOf(nodeId), keyOf(overlay)]
    if (this.#proven.has(claimed)) return { accepted: false, code: 'OVERLAY_PROVEN' }
    const pinned = this.#pinned.get(id)
    if (pinned !== undefined && pinned !== claimed) return { accepted: false, code: 'OTHER_OVERLAY' }
    const holder = this.#held.get(claimed)
    if (holder !== undefined && holder.id !== id) return { accepted: false, code: 'OVERLAY_TAKEN' }
    const subnet = subnetOf(address)
    const neighbours = subnet === undefined ? 0 : this.#subnets.get(subnet) ?? 0
    if (neighbours >= this.#maxPerSubnet) return { accepted: false, code: 'SUBNET' }
    if (subnet !== undefined) this.#subnets.set(subnet, neighbours + 1)
    if (holder === undefined) this.#held.set(claimed, { id, count: 1 })
    else holder.count++
    this.#pinned.delete(id)
    this.#pinned.set(id, claimed)
    if (this.#pinned.size > this.#maxPins) this.#pinned.delete(this.#pinned.keys().next().value!)
    let isReleased = false
    return {
      accepted: true,
      release: () => {
        if (!isReleased) this.#release(claimed, subnet)
        isReleased = true
      }
    }
  }

  /** A peer has proven an overlay address. */
  proven (overlay: Address): void {
    const id = keyOf(overlay)
    this.#proven.delete(id)
    this.#proven.add(id)
    if (this.#proven.size > this.#maxPins) this.#proven.delete(this.#proven.keys().next().value!)
  }

  #release (claimed: string, subnet: string | undefined): void {
    const holder = this.#held.get(claimed)
    if (holder !== undefined && --holder.count === 0) this.#held.delete(claimed)
    if (subnet === undefined) return
    const left = (this.#subnets.get(subnet) ?? 0) - 1
    if (left > 0) this.#subnets.set(subnet, left)
    else this.#subnets.delete(subnet)
  }
}

const LOCAL: ReadonlySet<Scope> = new Set(['loopback', 'private'])

/** The /24 or /56 of an address of the public network. */
function subnetOf (address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  try {
    const { ip } = parseUnderlay(`tcp://${address}`)
    if (ip === undefined || LOCAL.has(scopeOfIp(ip))) return undefined
    return keyOf(ip.subarray(0, ip.length === 4 ? 3 : 7))
  } catch {
    return undefined
  }
}

function keyOf (id: Uint8Array): string {
  return String.fromCharCode(...id)
}

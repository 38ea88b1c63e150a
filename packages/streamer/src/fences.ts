import type { Context } from './effects.ts'
import type { PeerState } from './peer-state.ts'
import type { Half, Pull } from './pull.ts'
import { halfName } from './stream-name.ts'

/**
 * Keeps a new subscription from the offers of an earlier one of the same stream: it waits
 * until the peer has confirmed the end of that, or, as an old peer does not, for a while.
 */
export class Fences {
  readonly #context: Context

  constructor (context: Context) {
    this.#context = context
  }

  /** Notes that the peer is told the end of a half, now or `later` milliseconds from now. */
  raise (half: Half, later: number = 0): void {
    const { timers, now, limits } = this.#context
    const { peer } = half.pull
    const fences = peer.fences ??= new Map()
    timers.cancel(fences.get(half.name))
    fences.set(half.name, timers.set(now + later + (peer.native ? limits.cursorTimeout : limits.fence), () => this.lower(peer, half.name)))
  }

  /** The peer has confirmed the end of a half. @returns whether that was awaited. */
  lower (peer: PeerState, half: string): boolean {
    const fence = peer.fences?.get(half)
    if (fence === undefined) return false
    this.#context.timers.cancel(fence)
    peer.fences?.delete(half)
    const pull = peer.pulls.get(half.slice(0, half.lastIndexOf('|')))
    const { resume } = pull ?? {}
    if (pull !== undefined && resume !== undefined) {
      pull.resume = undefined
      this.pass(pull, resume)
    }
    return true
  }

  /** Goes on now, or when the end of both halves of an earlier subscription is confirmed. */
  pass (pull: Pull, go: () => void): void {
    const { fences } = pull.peer
    if (fences === undefined || (!fences.has(halfName(pull.name, pull.key, true)) && !fences.has(halfName(pull.name, pull.key, false)))) return go()
    pull.resume = go
  }

  /** The peer has gone. */
  left (peer: PeerState): void {
    for (const fence of peer.fences?.values() ?? []) this.#context.timers.cancel(fence)
    peer.fences = undefined
  }
}

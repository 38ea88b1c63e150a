import type { PeerState } from './peer-state.ts'
import type { Serve } from './serve.ts'

/**
 * Whose turn it is to have one more offer open towards a peer, who takes so many and no more.
 *
 * A half's first goes before another's second, for which it is enough that all that are there
 * have room for one: a peer may leave some of them unanswered for long.
 */
export class Turns {
  readonly #most: number
  readonly #go: (serve: Serve) => void

  /** @param go - opens the offer of a half whose turn has come. */
  constructor (most: number, go: (serve: Serve) => void) {
    this.#most = most
    this.#go = go
  }

  /** A half has an offer ready: it goes out now, or in its turn. */
  ask (serve: Serve): void {
    const { peer } = serve.feed
    if (peer.turns === undefined && this.#fits(serve)) return this.#go(serve)
    peer.turns ??= new Set()
    peer.turns.add(serve)
    this.next(peer)
  }

  /** A half is over, or has nothing ready any more. */
  leave (serve: Serve): void {
    const { peer } = serve.feed
    peer.turns?.delete(serve)
    if (peer.turns?.size === 0) peer.turns = undefined
  }

  /** Lets those go whose turn has come: live halves first, then who has no offer open, each in the order in which they asked. */
  next (peer: PeerState): void {
    if (peer.turns === undefined || !peer.connected) return
    for (const serve of [...peer.turns].sort((a, b) => rank(a) - rank(b))) {
      if (!this.#fits(serve)) continue
      this.leave(serve)
      this.#go(serve)
    }
  }

  #fits (serve: Serve): boolean {
    const { peer } = serve.feed
    const room = this.#most - peer.offering
    if (serve.offers.length === 0 || room > 2 * peer.feeds.size) return room > 0
    let first = 0
    for (const { live, history } of peer.feeds) {
      if (live?.offers.length === 0) first++
      if (history?.offers.length === 0) first++
    }
    return room > first
  }
}

function rank (serve: Serve): number {
  if (serve.live) return 0
  return serve.offers.length === 0 ? 1 : 2
}

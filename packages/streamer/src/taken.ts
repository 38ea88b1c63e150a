import type { Intervals } from '@skep/intervals-store'
import type { Context } from './effects.ts'
import type { Feed, Serve, Stretch } from './serve.ts'

/** Items at the end of what an old peer has taken that show whether it still holds them. */
const SAMPLES = 16

/**
 * Keeps what an old peer has taken of our streams, over sessions and restarts.
 *
 * An old peer forgets: what it is offered again begins where we ask it to subscribe from
 * (sync-stream.md §9, flaw 4). The last items that it took are offered once more; wants it
 * one of them, then its store is not what it was, and it is offered everything.
 */
export class Taken {
  readonly #context: Context
  /** What of a half is on its way to the peer, in order. */
  readonly #sending = new WeakMap<Serve, { readonly from: number, readonly to: number }[]>()

  constructor (context: Context) {
    this.#context = context
  }

  /** Where to ask an old peer to begin, by what it is recorded to have taken: 0 for the beginning. */
  resume (feed: Feed, covered: Intervals | undefined): number {
    const gap = covered?.next(1)
    const end = gap === undefined ? 0 : Number(gap.from) - 1
    // An end beyond our last index is of another store than ours.
    if (end < 1 || feed.told === undefined || end > feed.told.last) return 0
    const from = Math.max(1, end - SAMPLES + 1)
    feed.ofOld().proof = { from, to: end }
    return from
  }

  /** Notes what of a half is on its way to the peer. */
  sending (serve: Serve, { from, to }: { readonly from: number, readonly to: number }): void {
    const sending = this.#sending.get(serve) ?? []
    this.#sending.set(serve, sending)
    sending.push({ from, to })
  }

  /**
   * The earliest batch on its way was handed over. The original does not say when it has stored
   * one, so it gets some time; if the connection ends before, the batch is offered again.
   */
  sent (serve: Serve, whole: boolean): void {
    const range = this.#sending.get(serve)?.shift()
    const { feed } = serve
    if (range === undefined || !whole || serve.state === 'over') return
    const { timers, now, limits } = this.#context
    const old = feed.ofOld()
    old.confirming.push({ ...range, at: now + limits.taken })
    if (old.confirming.length === 1) old.timer = timers.set(now + limits.taken, () => { this.#confirm(feed) })
  }

  /** The peer has these. */
  took (feed: Feed, { from, to }: { readonly from: number, readonly to: number }): void {
    this.#context.emit({ type: 'took', feed, from, to })
  }

  /** Answers where to go on after the samples; `undefined` when the stretch was none. */
  judge (serve: Serve, { to }: { readonly to: number }, wanted: number): Stretch | undefined {
    if (!serve.proving) return undefined
    if (wanted > 0) return this.again(serve)
    serve.feed.old!.proving = undefined
    return { from: to + 1, to: undefined }
  }

  /** The peer is to be offered everything. */
  again (serve: Serve): Stretch {
    serve.feed.ofOld().proving = undefined
    this.#context.emit({ type: 'forget', feed: serve.feed })
    return { from: 0, to: undefined }
  }

  /** Nothing of the feed is served any more. */
  release ({ old }: Feed): void {
    if (old === undefined) return
    this.#context.timers.cancel(old.timer)
    old.confirming.length = 0
  }

  #confirm (feed: Feed): void {
    const { timers, now } = this.#context
    const old = feed.ofOld()
    while (old.confirming[0] !== undefined && old.confirming[0].at <= now) this.took(feed, old.confirming.shift()!)
    if (old.confirming[0] !== undefined) old.timer = timers.set(old.confirming[0].at, () => { this.#confirm(feed) })
  }
}

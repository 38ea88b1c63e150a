import { keccak256 } from '@skep/keccak'
import type { Sink, Source, StreamType } from '@skep/streamer'
import type { ChatLog } from './log.ts'

/** A stream type: the lines of a chat, in the order they were said. */
export function chat (log: ChatLog): StreamType {
  /** What the one who has the log must be able to answer. */
  const source = (): Source => ({
    cursor: async () => ({ epoch: log.epoch, last: log.last }),
    async batch (from, to, { limit, signal }) {
      await log.reaches(from, signal)
      // How far it looks, however few lines there are: some places may have none.
      const end = Math.min(to ?? Infinity, log.last, from + limit - 1)
      return { from, to: end, ids: await log.ids(from, end) }
    },
    read: async ids => log.data(ids),
    close () {}
  })

  /** What the one who asks for it must decide. */
  const sink = (): Sink => ({
    need: async ids => (await log.data(ids)).map(data => data === undefined),
    async put (id, data) {
      if (keccak256(data).some((byte, i) => byte !== id[i])) throw new Error('this is not what its id says')
      await log.keep(id, data)
    },
    // Lines come as the network brings them; here they get their places.
    done: async ({ from, ids, outcomes }) => log.place(from, ids.map((id, i) => (['held', 'delivered'].includes(outcomes[i]!) ? id : undefined))),
    close () {}
  })

  return {
    name: 'CHAT',
    source: (_peer, room) => (room === log.room ? source() : undefined),
    sink: (_peer, room) => (room === log.room ? sink() : undefined)
  }
}

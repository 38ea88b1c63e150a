import type { Counters } from './status.ts'

/** The counters, while they count. */
export class Tally implements Counters {
  bodiesReceived = 0
  bodiesStored = 0
  duplicates = 0
  bodiesFetched = 0
  bodiesInvalid = 0
  unsolicited = 0
  idsOffered = 0
  idsWanted = 0
  bodiesSent = 0
  bytesIn = 0
  bytesOut = 0

  /** The counters as they are now. */
  snapshot (): Counters {
    const { bodiesReceived, bodiesStored, duplicates, bodiesFetched, bodiesInvalid, unsolicited, idsOffered, idsWanted, bodiesSent, bytesIn, bytesOut } = this
    return { bodiesReceived, bodiesStored, duplicates, bodiesFetched, bodiesInvalid, unsolicited, idsOffered, idsWanted, bodiesSent, bytesIn, bytesOut }
  }
}

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
  bytesIn = 0
  bytesOut = 0
}

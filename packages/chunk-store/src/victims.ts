import type { Address, Store } from '@skep/interface'
import { BINS } from './counters.ts'
import { ListedLane, UnlistedLane, type Candidate, type Lane } from './lane.ts'
import type { Deletion } from './options.ts'
import type { Plan } from './plan.ts'

/** Refused candidates after which a search ends, beyond one for each chunk needed. */
const PATIENCE = 256

/** Candidates of a bin that are read beyond its part. */
const SPARE = 4

/**
 * Finds chunks to delete: the longest unused of the bins below `depth`, with those in
 * the plan left alone.
 *
 * A chunk that is insured, or whose deletion is refused, goes to the end of the order
 * and is asked about again when it comes to the front.
 *
 * @returns at most `needed` of them, which the plan has learnt about.
 */
export async function chooseVictims (
  store: Store, plan: Plan, needed: number,
  rules: { depth: number, now: number, approve: (deletion: Deletion) => boolean | Promise<boolean> }
): Promise<Candidate[]> {
  const lanes: Lane[] = []
  const { live, size } = plan.counters
  for (let bin = 0; bin < Math.min(BINS, rules.depth); bin++) {
    if (live[bin] === 0) continue
    // What a bin gives if it gives its part, and a few more.
    const first = Math.ceil(needed * live[bin]! / size) + SPARE
    lanes.push(new ListedLane(store, plan, bin, first), new UnlistedLane(store, plan, bin, first))
  }
  await Promise.all(lanes.map(async lane => { await lane.fill() }))
  const victims: Candidate[] = []
  const refused: Address[] = []
  while (victims.length < needed && refused.length < needed + PATIENCE) {
    const lane = oldest(lanes)
    const candidate = lane?.head
    if (lane === undefined || candidate === undefined) break
    lane.take()
    if (lane.empty) await lane.fill()
    const { address, entry: { kind, bin, insured } } = candidate
    plan.learn(candidate.name, candidate.entry)
    const free = insured === undefined || insured.until <= rules.now
    if (free && await rules.approve({ address, kind, bin, ...(insured === undefined ? {} : { insured }) })) victims.push(candidate)
    else refused.push(address)
  }
  for (const address of refused) plan.touch(address)
  return victims
}

/** The lane with the longest unused candidate of all, which are filled. */
function oldest (lanes: readonly Lane[]): Lane | undefined {
  let found: Lane | undefined
  for (const lane of lanes) {
    if (lane.head !== undefined && (found?.head === undefined || lane.head.entry.access < found.head.entry.access)) found = lane
  }
  return found
}

import type { Address, Store } from '@skep/interface'
import { BINS } from './counters.ts'
import { ListedLane, UnlistedLane, type Candidate, type Lane } from './lane.ts'
import type { Deletion } from './options.ts'
import type { Plan } from './plan.ts'

/** Refused candidates after which a search ends, beyond one for each chunk needed. */
const PATIENCE = 256

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
  for (let bin = 0; bin < Math.min(BINS, rules.depth); bin++) {
    if (plan.counters.live[bin]! > 0) lanes.push(new ListedLane(store, plan, bin), new UnlistedLane(store, plan, bin))
  }
  const victims: Candidate[] = []
  const refused: Address[] = []
  while (victims.length < needed && refused.length < needed + PATIENCE) {
    const candidate = await oldest(lanes)
    if (candidate === undefined) break
    const { address, entry: { kind, bin, insured } } = candidate
    plan.learn(candidate.name, candidate.entry)
    const free = insured === undefined || insured.until <= rules.now
    if (free && await rules.approve({ address, kind, bin, ...(insured === undefined ? {} : { insured }) })) victims.push(candidate)
    else refused.push(address)
  }
  for (const address of refused) plan.touch(address)
  return victims
}

/** Takes the longest unused candidate of all lanes. */
async function oldest (lanes: readonly Lane[]): Promise<Candidate | undefined> {
  let found: Candidate | undefined
  let from: Lane | undefined
  for (const lane of lanes) {
    const head = await lane.head()
    if (head === undefined || (found !== undefined && found.entry.access <= head.entry.access)) continue
    found = head
    from = lane
  }
  from?.take()
  return found
}

import type { Address, Store } from '@skep/interface'
import { BINS } from './counters.ts'
import { accessRange, addressKey, numberOf } from './keys.ts'
import type { Deletion } from './options.ts'
import type { Plan } from './plan.ts'
import { decodeEntry } from './records.ts'

/** Candidates looked at beyond those needed, so that refused ones do not stop a put. */
const SPARE = 128

/**
 * Finds chunks to delete: the longest unused of the bins below `depth`, with those in
 * the plan left alone.
 *
 * A chunk that is insured, or whose deletion is refused, goes to the end of the order
 * and is asked about again when it comes to the front.
 *
 * @returns at most `needed` addresses, which the plan has learnt about.
 */
export async function chooseVictims (
  store: Store, plan: Plan, needed: number,
  rules: { depth: number, now: number, approve: (deletion: Deletion) => boolean | Promise<boolean> }
): Promise<Address[]> {
  const candidates: { address: Address, access: number }[] = []
  for (let bin = 0; bin < Math.min(BINS, rules.depth); bin++) {
    if (plan.counters.live[bin] === 0) continue
    for await (const [key, address] of store.range({ ...accessRange(bin), limit: needed + SPARE })) {
      if (!plan.concerns(address)) candidates.push({ address, access: numberOf(key) })
    }
  }
  candidates.sort((a, b) => a.access - b.access)
  const victims: Address[] = []
  for (let at = 0; at < candidates.length && victims.length < needed; at += SPARE) {
    const page = candidates.slice(at, at + SPARE)
    const records = await store.getMany(page.map(({ address }) => addressKey(address)))
    for (const [i, { address, access }] of page.entries()) {
      if (victims.length === needed) break
      const entry = records[i] === undefined ? undefined : decodeEntry(records[i])
      if (entry === undefined || entry.access !== access) continue
      plan.learn(address, entry)
      const { kind, bin, insured } = entry
      const free = insured === undefined || insured.until <= rules.now
      if (free && await rules.approve({ address, kind, bin, ...(insured === undefined ? {} : { insured }) })) victims.push(address)
      else plan.touch(address)
    }
  }
  return victims
}

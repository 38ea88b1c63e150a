import type { Address } from '@skep/interface'

/**
 * What to do about a second connection to the same node:
 * - `refuse`: close the new one;
 * - `replace`: close the old one;
 * - `displace`: go on with the new one, and keep the old one open in case it closes again.
 */
export type Settlement = 'refuse' | 'replace' | 'displace'

/**
 * Settles two connections between the same two nodes, so that both ends keep the same one.
 *
 * The one dialled by the lower overlay stays. If one side dialled both, that side decides,
 * because it knows: it keeps its first and closes the second, unless the first was lost to
 * it, after a crash for example. The other side cannot tell, so it goes on with the newer
 * one and takes the older one up again if the newer one closes.
 *
 * @param hadDialled - whether this side dialled the connection that is there.
 * @param hasDialled - whether this side dialled the new one.
 */
export function settle (base: Address, remote: Address, hadDialled: boolean, hasDialled: boolean): Settlement {
  if (hadDialled === hasDialled) return hasDialled ? 'refuse' : 'displace'
  return hasDialled === isLower(base, remote) ? 'replace' : 'refuse'
}

/** Whether one overlay address is the lower of two. */
export function isLower (a: Address, b: Address): boolean {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return a[i]! < b[i]!
  }
  return false
}

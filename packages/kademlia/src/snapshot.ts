import { toHex } from '@skep/pot'
import type { View } from './policy.ts'

/** A table as plain data; addresses are hexadecimal digits. */
export interface TableSnapshot {
  readonly base: string
  readonly depth: number
  readonly saturation: number
  readonly connected: number
  readonly known: number
  readonly light: number
  /** The bins that are not empty, farthest first. */
  readonly bins: readonly BinSnapshot[]
}

export interface BinSnapshot {
  readonly po: number
  readonly neighbourhood: boolean
  readonly connected: readonly string[]
  /** Known and not connected, with the attempts made since it last was. */
  readonly waiting: readonly { readonly overlay: string, readonly tries: number }[]
}

export function snapshotOf (view: View, saturation: number, light: number): TableSnapshot {
  const { base, depth, known, live } = view
  const bins = Array.from(known.eachBin(base), bin => {
    const entries = [...bin]
    return {
      po: bin.po,
      neighbourhood: bin.po >= depth,
      connected: entries.filter(({ peer }) => peer !== undefined).map(({ overlay }) => toHex(overlay)),
      waiting: entries.filter(({ peer }) => peer === undefined).map(({ overlay, tries }) => ({ overlay: toHex(overlay), tries }))
    }
  })
  return { base: toHex(base), depth, saturation, connected: live.size, known: known.size, light, bins }
}

import { toHex } from '@skep/pot'
import type { Entry } from './entry.ts'
import type { View } from './policy.ts'

/** Addresses shown of a bin. */
const SHOWN = 4
const RULE = '='.repeat(73)
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * The table as text (kademlia §6): live peers to the left, known ones to the right,
 * depth marked.
 *
 * @param merge - whether the last row counts all bins from there on. The original shows
 *   the nearest of them alone.
 */
export function tableText (view: View, wall: number, merge: boolean): string {
  const { base, settings, live, known, depth } = view
  const left = rows(view, live, merge, ({ overlay }) => short(overlay))
  const right = rows(view, known, merge, ({ overlay, tries }) => `${short(overlay)} (${tries})`)
  const lines = [
    RULE,
    `${date(wall)} KΛÐΞMLIΛ hive: queen's address: ${toHex(base).slice(0, 6)}`,
    `population: ${live.size} (${known.size}), MinProxBinSize: ${settings.neighbours}, MinBinSize: ${settings.minBinSize}, MaxBinSize: ${settings.maxBinSize}`
  ]
  for (let row = 0; row < settings.maxBin; row++) {
    if (row === depth) lines.push(`============ DEPTH: ${depth} ${'='.repeat(42)}`)
    lines.push(`${String(row).padStart(3, '0')} ${left[row]!.padEnd(31).slice(0, 31)} | ${right[row]!}`)
  }
  return `\n${[...lines, RULE].join('\n')}`
}

function rows (view: View, entries: View['live'], merge: boolean, label: (entry: Entry<unknown, unknown>) => string): string[] {
  const { maxBin } = view.settings
  const rows = Array.from({ length: maxBin }, () => ({ size: 0, labels: [] as string[] }))
  for (const bin of entries.eachBin(view.base)) {
    const at = Math.min(bin.po, maxBin - 1)
    if (!merge) rows[at] = { size: 0, labels: [] }
    const row = rows[at]!
    row.size += bin.size
    for (const entry of bin) {
      if (row.labels.length === SHOWN) break
      row.labels.push(label(entry))
    }
  }
  return rows.map(({ size, labels }) => [String(size).padStart(2), ...labels].join(' '))
}

function short (overlay: Uint8Array): string {
  return toHex(overlay.subarray(0, 2))
}

/** UTC as the original prints it, counted from the clock's milliseconds alone. */
function date (wall: number): string {
  const seconds = Math.floor(wall / 1_000)
  const two = (n: number): string => String(n).padStart(2, '0')
  const time = [Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')
  const days = Math.floor(seconds / 86_400)
  let rest = days
  let year = 1970
  for (; rest >= 365 + leap(year); year++) rest -= 365 + leap(year)
  let month = 0
  for (; rest >= monthDays(month, year); month++) rest -= monthDays(month, year)
  // The first of January 1970 was a Thursday.
  return `${DAYS[(days + 4) % 7]} ${MONTHS[month]} ${String(rest + 1).padStart(2)} ${time} UTC ${year}`
}

function monthDays (month: number, year: number): number {
  return month === 1 ? 28 + leap(year) : 31 - month % 7 % 2
}

function leap (year: number): 0 | 1 {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 1 : 0
}

/**
 * Lays rows out in columns, two spaces apart.
 *
 * @param right - columns whose cells are set flush right.
 * @returns lines, each with its line break.
 */
export function formatTable (rows: ReadonlyArray<readonly string[]>, right: readonly number[] = []): string {
  const widths: number[] = []
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => right.includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)).join('  ').trimEnd()
  return rows.map(row => `${line(row)}\n`).join('')
}

import { formatTable } from '../cli/text-table.ts'

/** One node's line in the closing table. */
export interface NodeRow {
  readonly name: string
  readonly overlay: string
  readonly depth: number
  /** Chunks in its store. */
  readonly stored: number
  /** Bodies it got from others. */
  readonly received: number
  /** Bodies it got although it had them. */
  readonly duplicates: number
  /** Processes it took. */
  readonly starts: number
}

/** The table at the end of the job, and its sum. */
export function closingTable (rows: readonly NodeRow[], chunks: number, seconds: number): string {
  const sum = (of: (row: NodeRow) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const received = sum(row => row.received)
  const table = formatTable([
    ['node', 'overlay', 'depth', 'stored', 'received', 'duplicates', 'starts'],
    ...rows.map(row => [row.name, row.overlay.slice(0, 8), ...[row.depth, row.stored, row.received, row.duplicates, row.starts].map(String)])
  ], [2, 3, 4, 5, 6])
  const rate = Math.round(received / Math.max(seconds, 0.001))
  return `${table}\n${chunks} chunks, ${received} received, ${sum(row => row.duplicates)} duplicates, ${seconds.toFixed(1)} seconds, ${rate} chunks per second\n`
}

import { specVectors, vectors } from '@skep/vectors'

/** One message of a recorded conversation. */
export interface Line {
  readonly dir: 'send' | 'recv'
  /** In the session's code space: bzz at 16, hive at 17, stream at 19. */
  readonly code: number
  readonly name: string
  readonly payload: Uint8Array
}

export const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const FIRST: Record<string, number> = { bzz: 16, hive: 17, stream: 19 }

/** Every recorded conversation; those with three nodes as one for each session. Payloads that the recording cut are left out. */
export const conversations: ReadonlyArray<readonly [name: string, lines: readonly Line[]]> = [
  ...['two-nodes', 'retrieval-check', 'retrieval-skipcheck', 'hive-three-nodes'].flatMap(name => {
    const lines: Line[] = specVectors(`transcript-${name}`)
      .filter(({ payload }: any) => !payload.includes('…'))
      .map(({ payload, ...line }: any) => ({ ...line, payload: fromHex(payload) }))
    const starts = lines.flatMap(({ code }, i) => code === 0 ? [i] : []).filter((_, i) => i % 2 === 0)
    return starts.map((start, i) => [`${name} ${i + 1}`, lines.slice(start, starts[i + 1])] as const)
  }),
  ['transcript 1', (vectors('transcript')?.cases ?? []).map(({ dir, protocol, code, name, wire }: any) => ({ dir, code: FIRST[protocol]! + code, name, payload: fromHex(wire) }))]
]

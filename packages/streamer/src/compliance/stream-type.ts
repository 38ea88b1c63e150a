import { sinkLaws } from './sink-laws.ts'
import { sourceLaws } from './source-laws.ts'
import { streamLaws } from './stream-laws.ts'
import type { StreamTypeSubject, StreamTypeSuite } from './suite.ts'

/**
 * Registers the laws of a stream type, each as a test of its own: those of its serving
 * half, those of its asking half, and what holds between two nodes while messages are
 * cut, processes end, peers lie, and subscriptions come and go.
 *
 * @example
 * ```ts
 * import { testStreamType, type StreamTypeSubject } from '@skep/streamer/compliance'
 *
 * declare function makeMyStream (): StreamTypeSubject
 *
 * const laws: string[] = []
 * testStreamType({
 *   test: name => laws.push(name),
 *   make: () => makeMyStream(),
 *   settle: async () => { await Promise.resolve() }
 * })
 * ```
 */
export function testStreamType (suite: StreamTypeSuite): void {
  const law = (name: string, body: (subject: StreamTypeSubject) => Promise<void>): void => {
    suite.test(`stream type: ${name}`, async () => { await body(await suite.make()) })
  }
  sourceLaws(law, suite)
  sinkLaws(law)
  streamLaws(law, suite)
}

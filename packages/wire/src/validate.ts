import { WireError } from './errors.ts'
import type { Claim } from './message.ts'
import type { Message, MessageName, ProtocolSpec, Rule } from './protocol.ts'

/** What wire itself refuses in every protocol, beyond the original (bzz-handshake §5, 8). */
const EVERYWHERE: readonly Rule<Claim>[] = [
  { refuses: 'an envelope that claims more payload than it has', breaks: ({ size, length }) => size > length }
]

/**
 * Refuses what the codecs took and the limits do not allow.
 *
 * @throws WireError - `WIRE_REFUSED`.
 */
export function validate<S extends ProtocolSpec<any>> (spec: S, message: Message<S>): void {
  const rules = spec.rules[message.name] as readonly Rule<unknown>[] | undefined
  if (rules === undefined) return
  const broken = rules.find(rule => rule.breaks(message.value))
  if (broken !== undefined) throw new WireError('WIRE_REFUSED', `${spec.name} ${String(message.name)}: ${broken.refuses}`)
}

/** Refuses envelopes as {@link validate} does messages. */
export function validateEnvelope (claim: Claim): void {
  const broken = EVERYWHERE.find(rule => rule.breaks(claim))
  if (broken !== undefined) throw new WireError('WIRE_REFUSED', broken.refuses)
}

/**
 * Lists what a protocol refuses beyond the original, for documents and for tests that
 * each is refused. What holds for every message has no name.
 */
export function refusals<S extends ProtocolSpec<any>> (spec: S): { readonly message: MessageName<S> | undefined, readonly refuses: string }[] {
  const own = spec.names.flatMap((message: MessageName<S>) =>
    ((spec.rules[message] ?? []) as readonly Rule<unknown>[]).map(({ refuses }) => ({ message, refuses }))
  )
  return [...EVERYWHERE.map(({ refuses }) => ({ message: undefined, refuses })), ...own]
}

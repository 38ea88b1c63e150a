import type { ProtocolId } from '@skep/interface'
import type { Codec, ValueOf } from './codec.ts'

/** Codecs by message name, in order of code. */
export type Messages = Record<string, Codec<any>>

/** A thing that is well-formed and refused all the same. */
export interface Rule<T> {
  /** What is refused, in words that complete "refuses …". */
  readonly refuses: string
  /** Whether a value is to be refused. */
  breaks (value: T): boolean
}

/** What is refused beyond the original, by message name. */
export type Rules<M extends Messages> = { readonly [N in keyof M]?: readonly Rule<ValueOf<M[N]>>[] }

/** A sub-protocol: its name and version, and the messages it has in order of their codes. */
export interface ProtocolSpec<M extends Messages = Messages> extends ProtocolId {
  /** The largest message in bytes, envelope included. */
  readonly maxMessageSize: number
  readonly messages: M
  /** Applied by {@link Peer} to what comes, after the codecs took it. */
  readonly rules: Rules<M>
  /** The message names, at their codes. */
  readonly names: readonly (keyof M & string)[]
  /** The codes of the message names. */
  readonly codes: ReadonlyMap<string, number>
}

/** The names of the messages of a protocol. */
export type MessageName<S extends ProtocolSpec<any>> = keyof S['messages'] & string

/** The value that a message of a protocol carries. */
export type MessageValue<S extends ProtocolSpec<any>, N extends MessageName<S>> = ValueOf<S['messages'][N]>

/** One decoded message, told apart by its name. */
export type Message<S extends ProtocolSpec<any>> = { [N in MessageName<S>]: { readonly name: N, readonly value: MessageValue<S, N> } }[MessageName<S>]

/**
 * Defines a sub-protocol.
 *
 * @throws RangeError - if the messages do not fit in the codes there are, 0 to 255.
 *
 * @example
 * ```ts
 * import { defineProtocol, struct, u8 } from '@skep/wire'
 *
 * const hive = defineProtocol({
 *   name: 'hive',
 *   version: 5,
 *   maxMessageSize: 10 * 1024 * 1024,
 *   messages: { subPeersMsg: struct({ Depth: u8 }) }
 * })
 * ```
 */
export function defineProtocol<M extends Messages> (definition: {
  readonly name: string
  readonly version: number
  readonly maxMessageSize: number
  readonly messages: M
  readonly rules?: Rules<M>
}): ProtocolSpec<M> {
  const names = Object.keys(definition.messages) as (keyof M & string)[]
  if (names.length === 0 || names.length > 256) throw new RangeError(`a protocol of ${names.length} messages`)
  // Such keys do not keep the order in which they were written down.
  if (names.some(name => /^\d+$/.test(name))) throw new TypeError('a message name is not a number')
  const { name, version, maxMessageSize, messages, rules = {} } = definition
  return { name, version, maxMessageSize, messages, rules, names, codes: new Map(names.map((name, code) => [name, code])) }
}

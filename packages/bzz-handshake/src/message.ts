import { bzzAddr } from '@skep/identity'
import { bool, defineProtocol, struct, u64, type ValueOf } from '@skep/wire'
import { toHex } from './hex.ts'

/** The version of bzz, told as a capability and again in the message (bzz-handshake §2). */
export const BZZ_VERSION = 6

const handshakeMsg = struct({ Version: u64, NetworkID: u64, Addr: bzzAddr, LightNode: bool })

/** The one message of bzz/6. */
export type HandshakeMsg = ValueOf<typeof handshakeMsg>

/** bzz/6 (bzz-handshake §0). */
export const bzzSpec = defineProtocol({
  name: 'bzz',
  version: BZZ_VERSION,
  maxMessageSize: 10 * 1024 * 1024,
  messages: { HandshakeMsg: handshakeMsg }
})

/** A handshake message for people to read, as the original prints it. */
export function handshakeText ({ Version, NetworkID, Addr, LightNode }: HandshakeMsg): string {
  const overlay = toHex(Addr.OAddr)
  return `Handshake: Version: ${Version}, NetworkID: ${NetworkID}, Addr: ${overlay} <${new TextDecoder().decode(Addr.UAddr)}>, LightNode: ${LightNode}`
}

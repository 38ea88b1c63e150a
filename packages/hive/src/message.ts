import { bzzAddr } from '@skep/identity'
import { defineProtocol, list, struct, u8 } from '@skep/wire'

/** hive/5, messages in order of their codes (hive §4). */
export const hiveSpec = defineProtocol({
  name: 'hive',
  version: 5,
  // The original's limit, 10 MiB; a native connection has a lower one of its own.
  maxMessageSize: 10 * 1024 * 1024,
  messages: {
    peersMsg: struct({ Peers: list(bzzAddr) }),
    subPeersMsg: struct({ Depth: u8 })
  }
})

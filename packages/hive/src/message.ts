import { bzzAddr, signedRecord } from '@skep/identity'
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

/** The most records of one message of skep-hive/1 (limits.md). */
export const MAX_RECORDS = 30

/** skep-hive/1: what hive/5 has no room for, records with the signature of their owner. */
export const nativeHiveSpec = defineProtocol({
  name: 'skep-hive',
  version: 1,
  // Thirty records of eight underlays of 512 bytes do not fit; those that are real do, many times over.
  maxMessageSize: 65_536,
  messages: {
    RecordsMsg: struct({ Records: list(signedRecord, MAX_RECORDS) })
  }
})

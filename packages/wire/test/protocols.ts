import { bool, bytes, defineProtocol, list, optional, struct, text, u64, u8 } from '@skep/wire'

const maxMessageSize = 10 * 1024 * 1024
const BzzAddr = struct({ OAddr: bytes(), UAddr: bytes() })

/** The three protocols of the original, as the recordings name their parts. */
const bzz = defineProtocol({
  name: 'bzz',
  version: 6,
  maxMessageSize,
  messages: { HandshakeMsg: struct({ Version: u64, NetworkID: u64, Addr: BzzAddr, LightNode: bool }) }
})

const hive = defineProtocol({
  name: 'hive',
  version: 5,
  maxMessageSize,
  messages: { peersMsg: struct({ Peers: list(BzzAddr) }), subPeersMsg: struct({ Depth: u8 }) }
})

const Stream = struct({ Name: text(), Key: text(), Live: bool })
const Range = struct({ From: u64, To: u64 })
const Handover = struct({ Stream, Start: u64, End: u64, Root: bytes() })
const HandoverProof = struct({ Sig: bytes(), Handover })
const Subscribe = struct({ Stream, History: optional(Range), Priority: u8 })

export const stream = defineProtocol({
  name: 'stream',
  version: 5,
  maxMessageSize,
  messages: {
    UnsubscribeMsg: struct({ Stream }),
    OfferedHashesMsg: struct({ Stream, From: u64, To: u64, Hashes: bytes(), HandoverProof }),
    WantedHashesMsg: struct({ Stream, Want: bytes(), From: u64, To: u64 }),
    TakeoverProofMsg: struct({ Sig: bytes(), Takeover: Handover }),
    SubscribeMsg: Subscribe,
    RetrieveRequestMsg: struct({ Addr: bytes(), SkipCheck: bool }),
    ChunkDeliveryMsg: struct({ Addr: bytes(), SData: bytes() }),
    SubscribeErrorMsg: struct({ Error: text() }),
    RequestSubscriptionMsg: Subscribe,
    QuitMsg: struct({ Stream })
  }
})

export const protocols = { bzz, hive, stream }

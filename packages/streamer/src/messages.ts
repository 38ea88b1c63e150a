import { bool, bytes, defineProtocol, fixed, list, optional, sizeOfList, sizeOfString, struct, text, u64, u8, type Codec, type ValueOf } from '@skep/wire'

/** The bytes of an id on the wire. */
export const ID_SIZE = 32

/** The most items of a DeliveriesMsg: as many as an offer has, and more than a source is asked to read at once. */
const MAX_PACKED = 128

const stream = struct({ Name: text(), Key: text(), Live: bool })
const range = struct({ From: u64, To: u64 })
const handover = struct({ Stream: stream, Start: u64, End: u64, Root: bytes() })
const handoverProof = struct({ Sig: bytes(), Handover: handover })

const octets = bytes()
const id = fixed(ID_SIZE)

/** An item on its way: its id, and what it is. */
interface Delivery { Addr: Uint8Array, SData: Uint8Array }

/** Bytes of the fields of an item that was found good. */
const fieldsOf = ({ Addr, SData }: Delivery): number => sizeOfString(Addr) + sizeOfString(SData)

/**
 * As `struct({ Addr: bytes(), SData: bytes() })`, spelt out: nearly everything that is sent to old
 * peers is this, and a struct that is put together by names takes three times as long.
 */
const delivery: Codec<Delivery> = {
  size: ({ Addr, SData }) => sizeOfList(octets.size(Addr) + octets.size(SData)),
  write (to, item) {
    to.list(fieldsOf(item))
    to.string(item.Addr)
    to.string(item.SData)
  },
  read (from) {
    const outer = from.enter()
    const Addr = from.string()
    const SData = from.string()
    from.leave(outer)
    return { Addr, SData }
  }
}

/** An item of several in a message: its id has the length of one, and its body is a view of the message. */
const packed: Codec<Delivery> = {
  size: ({ Addr, SData }) => sizeOfList(id.size(Addr) + octets.size(SData)),
  write: delivery.write,
  read (from) {
    const outer = from.enter()
    const Addr = id.read(from)
    const SData = from.share()
    from.leave(outer)
    return { Addr, SData }
  }
}

const items = list(packed, MAX_PACKED)

/** As `struct({ Items: list(packed, MAX_PACKED) })`, spelt out for the same reason. */
const deliveries: Codec<{ Items: Delivery[] }> = {
  size: ({ Items }) => sizeOfList(items.size(Items)),
  write (to, { Items }) {
    let size = 0
    for (const item of Items) size += sizeOfList(fieldsOf(item))
    to.list(sizeOfList(size))
    to.list(size)
    for (const item of Items) delivery.write(to, item)
  },
  read (from) {
    const outer = from.enter()
    const Items = items.read(from)
    from.leave(outer)
    return { Items }
  }
}

/** A stream as it is named on the wire. */
export type WireStream = ValueOf<typeof stream>

/**
 * What an upstream signs of a stretch of a stream (streamer.md §7). Nobody signs any yet; the
 * streamer carries it from a source to a sink, and does not look into it.
 */
export type HandoverProof = ValueOf<typeof handoverProof>

/** What `stream/5` allows, towards peers that only have that (bzz-handshake §0). */
const MAX_MESSAGE = 10 * 1024 * 1024
/** What `skep-stream/1` allows (limits.md, native messages). */
const MAX_NATIVE_MESSAGE = 128 * 1024

/** The original's stream protocol, byte for byte (streamer.md §3). */
export const streamSpec = defineProtocol({
  name: 'stream',
  version: 5,
  maxMessageSize: MAX_MESSAGE,
  messages: {
    UnsubscribeMsg: struct({ Stream: stream }),
    OfferedHashesMsg: struct({ Stream: stream, From: u64, To: u64, Hashes: bytes(), HandoverProof: handoverProof }),
    WantedHashesMsg: struct({ Stream: stream, Want: bytes(), From: u64, To: u64 }),
    TakeoverProofMsg: struct({ Sig: bytes(), Takeover: handover }),
    SubscribeMsg: struct({ Stream: stream, History: optional(range), Priority: u8 }),
    RetrieveRequestMsg: struct({ Addr: bytes(), SkipCheck: bool }),
    ChunkDeliveryMsg: delivery,
    SubscribeErrorMsg: struct({ Error: text() }),
    RequestSubscriptionMsg: struct({ Stream: stream, History: optional(range), Priority: u8 }),
    QuitMsg: struct({ Stream: stream })
  }
})

/** What is sent where the original has a proof: the empty one (streamer.md §3). */
export const NO_PROOF: HandoverProof = {
  Sig: new Uint8Array(0),
  Handover: { Stream: { Name: '', Key: '', Live: false }, Start: 0n, End: 0n, Root: new Uint8Array(0) }
}

/** Whether a proof says nothing. */
export function isNoProof ({ Sig, Handover: { Stream, Start, End, Root } }: HandoverProof): boolean {
  return Sig.length === 0 && Root.length === 0 && Start === 0n && End === 0n && Stream.Name === '' && Stream.Key === '' && !Stream.Live
}

/** Bytes of a proof that its maker may choose the number of. */
export function proofSize ({ Sig, Handover: { Stream, Root } }: HandoverProof): number {
  return Sig.length + Root.length + Stream.Name.length + Stream.Key.length
}

/** The longest name, key or epoch that native peers tell, in bytes. */
const MAX_NAME = 64

/** Beside `stream/5`, between peers of our own kind: what that cannot carry. */
export const nativeSpec = defineProtocol({
  name: 'skep-stream',
  version: 1,
  maxMessageSize: MAX_NATIVE_MESSAGE,
  messages: {
    /** Asks for the cursor of a stream, before subscribing to it. */
    CursorRequestMsg: struct({ Name: text(MAX_NAME), Key: text(MAX_NAME) }),
    /** The store's epoch and the index of the last item. Live begins after it, history ends at it. */
    CursorMsg: struct({ Name: text(MAX_NAME), Key: text(MAX_NAME), Epoch: text(MAX_NAME), Last: u64 }),
    /** The stream is not served to this peer. */
    RefusedMsg: struct({ Name: text(MAX_NAME), Key: text(MAX_NAME) }),
    /** These were offered and wanted, and are not there any more. */
    CannotDeliverMsg: struct({ Ids: list(id, 128) }),
    /** Asks for one item by its id. The answer is a DeliveriesMsg, or NotFoundMsg. */
    RetrieveMsg: struct({ Addr: id, Hops: u8 }),
    NotFoundMsg: struct({ Addr: id }),
    /** Takes a RetrieveMsg back. */
    CancelMsg: struct({ Addr: id }),
    /** Whether the sender has all that its peers had to offer. */
    SyncedMsg: struct({ Synced: bool }),
    /** Takes a subscription back, both halves of it: what has not been sent yet is not to be sent. */
    CancelStreamMsg: struct({ Name: text(MAX_NAME), Key: text(MAX_NAME) }),
    /** Items that were wanted or asked for, of any streams. */
    DeliveriesMsg: deliveries
  }
})

import { testOverlay } from '@skep/interface/compliance'
import { Kademlia, type KadPeer, type KadRecord } from '@skep/kademlia'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { test } from 'vitest'

testOverlay<KadPeer>({
  test,
  light: true,
  make () {
    const clock = new VirtualClock()
    const random = new SeededRandom(1)
    const overlay = new Kademlia<KadRecord, KadPeer>({ base: random.bytes(32), clock, random })
    return {
      overlay,
      connect (address, { light = false } = {}) {
        const peer = { overlay: address, light }
        return overlay.on(peer).accepted ? peer : undefined
      },
      disconnect: peer => overlay.off(peer),
      addressOf: peer => peer.overlay,
      settle: () => clock.settle()
    }
  }
})

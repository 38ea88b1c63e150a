import type { Address } from '@skep/interface'
import { testOverlay } from '@skep/interface/compliance'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { test } from 'vitest'
import { FullMesh } from '../src/full-mesh.ts'

testOverlay<{ readonly overlay: Address }>({
  test,
  make () {
    const mesh = new FullMesh<{ readonly overlay: Address }>(new SeededRandom(1).bytes(32))
    return {
      overlay: mesh,
      connect (overlay) {
        const peer = { overlay }
        return mesh.on(peer) ? peer : undefined
      },
      disconnect: peer => mesh.off(peer),
      addressOf: peer => peer.overlay,
      settle: async () => new VirtualClock().settle()
    }
  }
})

import { bench, describe } from 'vitest'
import { handshake, prove, type LocalNode } from '@skep/bzz-handshake'
import { pair } from '@skep/conn-memory'
import { generateKey, identity, signRecord } from '@skep/identity'
import { SeededRandom, VirtualClock } from '@skep/sim'

const clock = new VirtualClock()
const random = new SeededRandom(1)
const nodes = [1, 2].map(port => {
  const me = identity(generateKey(random))
  const underlay = `tcp://127.0.0.1:${port}`
  const local: LocalNode = { overlay: me.overlay, underlay, networkId: 3, light: false }
  return { identity: me, local, record: signRecord(me, { networkId: 3, timestamp: 0, underlays: [underlay] }) }
})

describe('both sides of', () => {
  bench('bzz/6', async () => {
    const conns = pair()
    await Promise.all(nodes.map(({ local }, i) => handshake(conns[i]!, local, { initiator: i === 0, clock })))
  })

  bench('skep-id/1: two signatures made, four checked', async () => {
    const conns = pair()
    await Promise.all(nodes.map((node, i) => prove(conns[i]!, node, { initiator: i === 0, clock, random, networkId: 3 })))
  })
})

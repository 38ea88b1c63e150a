/**
 * Trees that keep every key beside npm k-bucket, which keeps 20 a bucket and drops the
 * rest. Building is a whole tree an iteration: divide by its size.
 */
import KBucket from 'k-bucket'
import { bench, describe } from 'vitest'
import { MutablePot, Pot } from '@skep/pot'

interface Contact {
  readonly id: Uint8Array
  readonly overlay: Uint8Array
}

const options = { time: 1_500, warmupTime: 500 }
let state = 1
const random = (): number => (state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0) >>> 24
const key = (): Uint8Array => Uint8Array.from({ length: 32 }, random)

function kBucket (contacts: readonly Contact[], localNodeId: Uint8Array): KBucket {
  const table = new KBucket({ localNodeId, numberOfNodesPerKBucket: 20 })
  for (const contact of contacts) table.add(contact)
  return table
}

function persistent (contacts: readonly Contact[]): Pot<Contact> {
  let pot = new Pot<Contact>()
  for (const contact of contacts) pot = pot.add(contact)
  return pot
}

function mutable (contacts: readonly Contact[]): MutablePot<Contact> {
  const pot = new MutablePot<Contact>()
  for (const contact of contacts) pot.add(contact)
  return pot
}

for (const size of [1_000, 10_000, 100_000]) {
  const contacts = Array.from({ length: size }, (): Contact => {
    const id = key()
    return { id, overlay: id }
  })
  const own = key()
  const targets = Array.from({ length: 1_000 }, key)
  const pot = persistent(contacts)
  const table = kBucket(contacts, own)
  let at = 0
  const next = (): Uint8Array => targets[at++ % targets.length]!

  describe(`building from ${size} keys`, () => {
    bench('Pot, keeps all, every step a snapshot', () => { persistent(contacts) }, options)
    bench('MutablePot, keeps all', () => { mutable(contacts) }, options)
    bench(`k-bucket, keeps ${table.count()}`, () => { kBucket(contacts, own) }, options)
  })

  describe(`the 20 nearest of ${size}, in exact order of distance`, () => {
    bench('Pot, of all', () => { pot.nearest(next(), 20) }, options)
    bench(`k-bucket, of the ${table.count()} it kept`, () => { table.closest(next(), 20) }, options)
  })
}

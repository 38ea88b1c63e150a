/**
 * Prints what a key costs as the tree grows, up to a million keys, beside npm k-bucket,
 * which keeps 20 a bucket and drops the rest: CPU time in nanoseconds, which other work on
 * the machine disturbs less than time on the wall, and bytes.
 * Needs a build; run it with `node --expose-gc packages/pot/bench/curve.mjs`.
 */
import { MutablePot, Pot } from '@skep/pot'
import KBucket from 'k-bucket'

let state = 1
const random = () => (state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0) >>> 24
const key = () => Uint8Array.from({ length: 32 }, random)
const targets = Array.from({ length: 20_000 }, key)

/** CPU time of one of `count` calls, in nanoseconds; the median of five, after one to warm up. */
function cost (count, work) {
  const times = Array.from({ length: count > 1e5 ? 3 : 6 }, () => {
    const before = process.cpuUsage()
    for (let i = count; i <= 1e5; i += count) work()
    if (count > 1e5) work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) * 1_000 / count / Math.max(1, Math.floor(1e5 / count))
  }).slice(1).sort((a, b) => a - b)
  return Math.round(times[times.length >> 1])
}

console.log('    keys  Pot.add  MutablePot.add  k-bucket add  Pot.get  nearest 20  k-bucket closest 20 bytes a key')
for (const size of [1e3, 1e4, 1e5, 1e6]) {
  const keys = Array.from({ length: size }, key)
  let pot = new Pot()
  const persistent = cost(size, () => {
    pot = new Pot()
    for (const each of keys) pot = pot.add(each)
  })
  pot = undefined
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  let mutable = new MutablePot()
  for (const each of keys) mutable.add(each)
  globalThis.gc?.()
  const bytes = Math.round((process.memoryUsage().heapUsed - before) / size)
  const inPlace = cost(size, () => {
    mutable = new MutablePot()
    for (const each of keys) mutable.add(each)
  })
  const get = cost(size, () => { for (const each of keys) mutable.get(each) })
  const contacts = keys.map(id => ({ id }))
  let table = new KBucket({ localNodeId: targets[0], numberOfNodesPerKBucket: 20 })
  const bucket = cost(size, () => {
    table = new KBucket({ localNodeId: targets[0], numberOfNodesPerKBucket: 20 })
    for (const each of contacts) table.add(each)
  })
  const closest = cost(targets.length, () => { for (const each of targets) table.closest(each, 20) })
  const nearest = cost(targets.length, () => { for (const each of targets) mutable.nearest(each, 20) })
  const widths = [8, 8, 15, 13, 8, 11, 20, 12]
  console.log([size, persistent, inPlace, bucket, get, nearest, closest, bytes].map((value, i) => String(value).padStart(widths[i])).join(' '))
}

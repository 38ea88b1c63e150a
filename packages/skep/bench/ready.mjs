// From dialling to a peer that is ready at both ends: TCP, hello, bzz/6, and the proofs of skep-id/1,
// between two processes over loopback. One line of JSON. After a build: node bench/ready.mjs [N] [--noble]
import { fork } from 'node:child_process'
import { Bzz } from '@skep/bzz-handshake'
import { generateKey, identity, nobleCurve } from '@skep/identity'
import { systemClock as clock, systemRandom as random } from '@skep/runtime'
import { tcpTransport, wasmCurve } from 'skep'

// As a node has it; --noble measures what runs without WebAssembly.
const curve = process.argv.includes('--noble') ? nobleCurve : await wasmCurve()
const signal = new AbortController().signal
const transport = tcpTransport({ clock, random })
/** The listener says one word on it as soon as the dialler is ready there. */
const done = { name: 'bench', version: 1, length: 1 }

/** A node that nobody has met. */
function stranger () {
  const self = identity(generateKey(random), curve)
  const bzz = new Bzz({ identity: self, clock, random, curve }, { underlays: ['tcp://127.0.0.1:4711'] })
  const hello = proves => ({
    id: self.nodeId,
    client: 'bench',
    capabilities: [...bzz.capabilities.filter(({ name }) => proves || name === 'bzz').map(each => ({ ...each, length: 2 })), done]
  })
  return { bzz, hello }
}

if (process.argv[2] === '--listener') {
  const { bzz, hello } = stranger()
  process.on('disconnect', () => process.exit())
  process.on('message', () => process.send(process.cpuUsage()))
  const onSession = session => {
    bzz.introduce(session).then(async () => await session.open(done).sink([Uint8Array.of(0)])).catch(() => {})
  }
  const { underlay } = await transport.listen('127.0.0.1:0', { hello: hello(true), admit: () => true, failed: () => {}, onSession })
  process.send(underlay)
} else {
  const count = Number(process.argv.slice(2).find(word => /^[0-9]+$/.test(word)) ?? 200)
  const listener = fork(process.argv[1], ['--listener', ...process.argv.slice(2)])
  const heard = async () => await new Promise(resolve => listener.once('message', resolve))
  const underlay = await heard()
  const cpu = async () => {
    listener.send('')
    const both = [process.cpuUsage(), await heard()]
    return both.reduce((sum, { user, system }) => sum + (user + system) / 1_000, 0)
  }
  const median = {}
  const cpuPer = {}
  for (const [name, proves, isStranger] of [['bzz', false, false], ['bzz and proofs', true, false], ['bzz and proofs, strangers', true, true]]) {
    // Each a node of its own, made before the clock runs.
    const nodes = Array.from({ length: isStranger ? count : 1 }, stranger)
    const times = []
    let before = 0
    for (let i = 0; i < count; i++) {
      // The first half warms up.
      if (i === count >> 1) before = await cpu()
      const { bzz, hello } = nodes[i % nodes.length]
      const began = performance.now()
      const session = await transport.dial(underlay, { hello: hello(proves), signal })
      const { isProven } = await bzz.introduce(session)
      for await (const _ of session.open(done).source) break
      times.push(performance.now() - began)
      if (isProven !== proves) throw new Error('not what was to be measured')
      await session.close()
    }
    cpuPer[name] = Number(((await cpu() - before) / (count - (count >> 1))).toFixed(2))
    median[name] = Number(times.slice(count >> 1).sort((a, b) => a - b)[count >> 2].toFixed(2))
  }
  process.stdout.write(`${JSON.stringify({ system: 'skep', medianMsToReady: median, cpuMsOfBothSides: cpuPer })}\n`)
  listener.disconnect()
}

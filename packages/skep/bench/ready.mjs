// From dialling to a peer that is ready: TCP, hello, bzz/6, and the proofs of skep-id/1, between
// two processes over loopback. One line of JSON. After a build: node bench/ready.mjs [N]
import { fork } from 'node:child_process'
import { Bzz } from '@skep/bzz-handshake'
import { generateKey, identity } from '@skep/identity'
import { systemClock as clock, systemRandom as random } from '@skep/runtime'
import { tcpTransport } from 'skep'

const self = identity(generateKey(random))
const bzz = new Bzz({ identity: self, clock, random })
const transport = tcpTransport({ clock, random })
const hello = proves => ({ id: self.nodeId, client: 'bench', capabilities: bzz.capabilities.filter(({ name }) => proves || name === 'bzz').map(each => ({ ...each, length: 2 })) })

if (process.argv[2] === '--listener') {
  process.on('disconnect', () => process.exit())
  const onSession = session => { bzz.introduce(session).catch(() => {}) }
  const { underlay } = await transport.listen('127.0.0.1:0', { hello: hello(true), admit: () => true, failed: () => {}, onSession })
  process.send(underlay)
} else {
  const count = Number(process.argv[2] ?? 200)
  const listener = fork(process.argv[1], ['--listener'])
  const underlay = await new Promise(resolve => listener.once('message', resolve))
  const median = {}
  for (const [name, proves] of [['bzz', false], ['bzz and proofs', true]]) {
    const times = []
    for (let i = 0; i < count; i++) {
      const began = performance.now()
      const session = await transport.dial(underlay, { hello: hello(proves), signal: new AbortController().signal })
      const { isProven } = await bzz.introduce(session)
      times.push(performance.now() - began)
      if (isProven !== proves) throw new Error('not what was to be measured')
      await session.close()
    }
    // The first half warms up.
    median[name] = Number(times.slice(count / 2).sort((a, b) => a - b)[count >> 2].toFixed(2))
  }
  process.stdout.write(`${JSON.stringify({ system: 'skep', medianMsToReady: median })}\n`)
  listener.disconnect()
}

// Messages of 4 KiB from one process to another over loopback: raw sockets with 32 frames a write
// (the base), and a sub-protocol of an RLPx session. Both in turn, in the same run.
//
// usage, after a build: node bench/throughput.mjs [repetitions] [messages]
import { fork } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { performance } from 'node:perf_hooks'
import { dialRlpx, listenRlpx } from '@skep/conn-rlpx'
import { generateKey, identity } from '@skep/identity'
import { systemClock as clock, systemRandom as random } from '@skep/runtime'

const SIZE = 4096
const PREFIX = Uint8Array.of(0x80, 0x20)
const FRAME = SIZE + PREFIX.length
const payload = Uint8Array.from(random.bytes(SIZE))
payload[0] = 7
const protocol = { name: 'bench', version: 1 }
const cpu = () => {
  const { user, system } = process.cpuUsage()
  return user + system
}

function node () {
  const key = generateKey(random)
  return { clock, random, key, id: identity(key).nodeId, client: 'bench', capabilities: [{ ...protocol, length: 8 }] }
}

/** What each way sends. */
const send = {
  async raw ({ port, count }) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await new Promise(resolve => socket.once('connect', resolve))
    for (let i = 0; i < count; i += 32) {
      const buffer = Buffer.allocUnsafe(32 * FRAME)
      for (let k = 0; k < 32; k++) {
        buffer.set(PREFIX, k * FRAME)
        buffer.set(payload, k * FRAME + PREFIX.length)
      }
      if (!socket.write(buffer)) await new Promise(resolve => socket.once('drain', resolve))
    }
    socket.end()
    await new Promise(resolve => socket.once('close', resolve))
  },
  async rlpx ({ port, count, id }) {
    const session = await dialRlpx({ ...node(), host: '127.0.0.1', port, remoteId: Uint8Array.from(Buffer.from(id, 'hex')) })
    await session.open(protocol).sink(messages(count))
    await session.closed
  }
}

async function * messages (count) {
  for (let i = 0; i < count; i++) yield payload
}

/** What each way receives; resolves to milliseconds from the first byte to the last. */
const receive = {
  async raw (count, ready) {
    return new Promise(resolve => {
      const server = createServer(socket => {
        const began = performance.now()
        let got = 0
        socket.on('data', chunk => { got += chunk.length })
        socket.on('end', () => {
          if (got !== count * FRAME) throw new Error('bytes were lost')
          server.close()
          resolve(performance.now() - began)
        })
      }).listen(0, '127.0.0.1', () => ready({ port: server.address().port }))
    })
  },
  async rlpx (count, ready) {
    const self = node()
    let listener
    const ms = await new Promise((resolve, reject) => {
      const onSession = session => read(session, count).then(resolve, reject)
      listenRlpx({ ...self, onSession }).then(each => {
        listener = each
        ready({ port: each.port, id: Buffer.from(self.id).toString('hex') })
      }, reject)
    })
    await listener.close()
    return ms
  }
}

async function read (session, count) {
  const began = performance.now()
  let got = 0
  let sum = 0
  for await (const message of session.open(protocol).source) {
    sum += message[0]
    if (++got === count) break
  }
  const ms = performance.now() - began
  if (sum !== 7 * count) throw new Error('messages were lost')
  await session.close()
  return ms
}

const median = values => [...values].sort((a, b) => a - b)[values.length >> 1]

if (process.argv[2] === '--sender') {
  process.on('disconnect', () => process.exit())
  process.on('message', async ({ how, ...where }) => {
    const before = cpu()
    await send[how](where)
    process.send(cpu() - before)
  })
} else {
  const repetitions = Number(process.argv[2] ?? 5)
  const count = Number(process.argv[3] ?? 48_000)
  const kid = fork(import.meta.filename, ['--sender'])
  const results = {}
  for (let round = 0; round <= repetitions; round++) {
    for (const how of Object.keys(send)) {
      const sent = new Promise(resolve => kid.once('message', resolve))
      const before = cpu()
      const ms = await receive[how](count, where => kid.send({ how, count, ...where }))
      const used = cpu() - before
      // The first round warms up.
      if (round > 0) (results[how] ??= []).push({ ms, receiver: used, sender: await sent })
      else await sent
    }
  }
  const base = results.raw.map(({ ms }) => ms)
  for (const [how, runs] of Object.entries(results)) {
    const ms = median(runs.map(run => run.ms))
    const ratio = median(runs.map((run, i) => base[i] / run.ms))
    const [sender, receiver] = ['sender', 'receiver'].map(side => median(runs.map(run => run[side] / count)).toFixed(1))
    process.stdout.write(`${how.padEnd(6)} ${Math.round(count / ms * 1000).toString().padStart(8)} messages/s  ${ratio.toFixed(2)} x raw  CPU a message: ${sender} us sender, ${receiver} us receiver\n`)
  }
  kid.disconnect()
}

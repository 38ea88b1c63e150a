// Messages of 4 KiB from one process to another over loopback: raw sockets with 32 frames a
// write (the base), a conn, and a sub-protocol of a session. All in turn, in the same run.
//
// usage, after a build: node bench/throughput.mjs [repetitions] [messages]
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { performance } from 'node:perf_hooks'
import { dialTcp, listenTcp } from '@skep/conn-tcp'
import { createSession } from '@skep/wire'

const SIZE = 4096
const PREFIX = Uint8Array.of(0x80, 0x20)
const FRAME = SIZE + PREFIX.length
const payload = Buffer.alloc(SIZE, 7)
const capabilities = [{ name: 'bench', version: 1 }]
const clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after (ms, fn) {
    const timer = setTimeout(() => fn(), ms)
    return () => clearTimeout(timer)
  }
}
const random = { bytes: n => new Uint8Array(randomBytes(n)), float: Math.random }
const session = (conn, initiator) => createSession(conn, { clock, random, id: random.bytes(64), client: 'bench', capabilities, initiator })
const cpu = () => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** What each way sends. */
const send = {
  async raw (port, count) {
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
  async conn (port, count) {
    const { conn } = await dialTcp({ host: '127.0.0.1', port })
    await conn.sink(messages(count))
    await conn.close()
  },
  async mux (port, count) {
    const { conn } = await dialTcp({ host: '127.0.0.1', port })
    const ours = await session(conn, true)
    const channel = ours.open(capabilities[0])
    await channel.sink(messages(count))
    await channel.close()
    await ours.closed
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
        const carry = Buffer.alloc(FRAME)
        let have = 0
        let got = 0
        let sum = 0
        socket.on('data', chunk => {
          let at = 0
          if (have > 0) {
            at = Math.min(FRAME - have, chunk.length)
            carry.set(chunk.subarray(0, at), have)
            have += at
            if (have < FRAME) return
            sum += carry[2]
            got++
            have = 0
          }
          for (; chunk.length - at >= FRAME; at += FRAME) {
            sum += chunk.subarray(at + 2, at + FRAME)[0]
            got++
          }
          if (at < chunk.length) {
            carry.set(chunk.subarray(at))
            have = chunk.length - at
          }
          if (got >= count) {
            server.close()
            resolve(performance.now() - began + (sum === 0 ? 1 : 0))
          }
        })
      }).listen(0, '127.0.0.1', () => ready(server.address().port))
    })
  },
  async conn (count, ready) {
    return accept(ready, async conn => read(conn, count))
  },
  async mux (count, ready) {
    return accept(ready, async conn => {
      const ours = await session(conn, false)
      const ms = await read(ours.open(capabilities[0]), count)
      await ours.close()
      return ms
    })
  }
}

async function accept (ready, run) {
  let listener
  const ms = await new Promise((resolve, reject) => {
    listenTcp({ onConn: conn => run(conn).then(resolve, reject) }).then(l => {
      listener = l
      ready(l.port)
    }, reject)
  })
  await listener.close()
  return ms
}

async function read (conn, count) {
  const began = performance.now()
  let got = 0
  let sum = 0
  for await (const message of conn.source) {
    sum += message[0]
    if (++got === count) break
  }
  if (sum !== 7 * count) throw new Error('messages were lost')
  return performance.now() - began
}

const median = values => [...values].sort((a, b) => a - b)[values.length >> 1]

if (process.argv[2] === '--sender') {
  process.on('disconnect', () => process.exit())
  process.on('message', async ({ how, port, count }) => {
    const before = cpu()
    await send[how](port, count)
    process.send(cpu() - before)
  })
} else {
  const repetitions = Number(process.argv[2] ?? 7)
  const count = Number(process.argv[3] ?? 64_000)
  const kid = fork(import.meta.filename, ['--sender'])
  const results = {}
  for (let round = 0; round <= repetitions; round++) {
    for (const how of Object.keys(send)) {
      const sent = new Promise(resolve => kid.once('message', resolve))
      const before = cpu()
      const ms = await receive[how](count, port => kid.send({ how, port, count }))
      const used = cpu() - before
      // The first round warms up.
      if (round > 0) (results[how] ??= []).push({ ms, cpu: used + await sent })
      else await sent
    }
  }
  const base = results.raw.map(({ ms }) => ms)
  for (const [how, runs] of Object.entries(results)) {
    const ms = median(runs.map(run => run.ms))
    const ratio = median(runs.map((run, i) => base[i] / run.ms))
    const perMessage = median(runs.map(run => run.cpu / count))
    process.stdout.write(`${how.padEnd(6)} ${Math.round(count / ms * 1000).toString().padStart(8)} messages/s  ${ratio.toFixed(2)} x raw  ${perMessage.toFixed(2)} us of CPU a message, both sides\n`)
  }
  kid.disconnect()
}

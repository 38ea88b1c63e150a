import { createApi, serve, type Served } from '@skep/api-http'
import { toHex } from '@skep/pot'
import { VirtualClock } from '@skep/sim'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { MemoryBackend, noise } from './memory.ts'

let served: Served | undefined
afterEach(async () => await served?.close())

async function setup (node = new MemoryBackend()) {
  // Its time stands still, so that no limit ends what a client should have ended.
  served = await serve(createApi(node, { clock: new VirtualClock() }))
  return { node, url: served.url, port: served.port }
}

/** Waits for something to become true in the event loop's own time. */
async function until (done: () => boolean): Promise<void> {
  while (!done()) await new Promise(resolve => setImmediate(resolve))
}

describe('a listening API', () => {
  test('a port in use is an error with a code', async () => {
    const { node, port } = await setup()
    await expect(serve(createApi(node), { port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('an upload whose client goes away is cancelled', async () => {
    const { node, port } = await setup()
    const client = request({ port, method: 'POST', path: '/bytes', headers: { 'content-length': 1_000_000 } })
    client.on('error', () => {})
    client.write(noise(200_000))
    await until(() => node.bytesRead >= 200_000)
    client.destroy()
    await until(() => node.failures.length > 0)
  })

  test('a search whose client goes away is cancelled', async () => {
    const { node, port } = await setup()
    node.missing = 'silent'
    const client = request({ port, path: `/bytes/${'f'.repeat(64)}` })
    client.on('error', () => {})
    client.end()
    await until(() => node.searches.length > 0)
    client.destroy()
    await until(() => node.searches[0]!.aborted)
  })

  test('a download that fails half way breaks the connection', async () => {
    const { node, url } = await setup()
    const stored = await node.upload((async function * () { yield noise(1_000_000) })(), { signal: new AbortController().signal })
    node.chunks.delete([...node.chunks.keys()][150]!)
    const response = await fetch(`${url}/bytes/${toHex(stored.reference)}`)
    expect(response.status).toBe(200)
    await expect(response.arrayBuffer()).rejects.toThrow()
  })

  test('a slow store holds the uploading client back', async () => {
    const { node, port } = await setup()
    let release = (): void => {}
    const held = new Promise<void>(resolve => { release = resolve })
    node.pace = () => held
    const client = request({ port, method: 'POST', path: '/bytes' })
    const answer = new Promise<number>(resolve => client.on('response', response => {
      response.resume()
      resolve(response.statusCode!)
    }))
    const part = noise(1 << 20)
    let sent = 0
    // Writes until the connection takes no more for a while: kernel buffers are all that may fill.
    await new Promise<void>(resolve => {
      const more = (): void => {
        while (sent < 64 << 20) {
          sent += part.length
          if (!client.write(part)) {
            const idle = setTimeout(resolve, 500)
            return void client.once('drain', () => { clearTimeout(idle); more() })
          }
        }
        resolve()
      }
      more()
    })
    expect(sent).toBeLessThan(48 << 20)
    expect(node.bytesRead).toBeLessThan(4 << 20)
    release()
    client.end()
    expect(await answer).toBe(201)
  })

  test('garbage gets an answer or a closed connection, and the next request works', async () => {
    const { url, port } = await setup()
    for (const garbage of ['\0\0\0\0', 'GET / HTTP/1.1\r\n\r\n', 'GET \\ HTTP/1.1\r\nhost: x y\r\n\r\n', 'POST /chunks HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n']) {
      await new Promise<void>(resolve => {
        const socket = connect(port, '127.0.0.1', () => socket.end(garbage))
        socket.resume().on('close', () => resolve()).on('error', () => {})
      })
    }
    expect((await fetch(`${url}/health`)).status).toBe(200)
  })
})

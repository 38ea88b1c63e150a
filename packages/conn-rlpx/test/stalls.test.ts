import { beforeEach, expect, test } from 'vitest'
import { FrameWatch } from '../src/frame-watch.ts'
import { KeepAlive } from '../src/keep-alive.ts'

/** A clock whose timers fire when the test says so, late if it likes. */
let now = 0
let due: (() => void) | undefined
const clock = {
  now: () => now,
  wall: () => now,
  after (_ms: number, fn: () => void) {
    due = fn
    return () => { due = undefined }
  }
}

beforeEach(() => {
  now = 1_000_000
  due = undefined
})

async function fireAt (ms: number): Promise<void> {
  now = ms
  const fn = due!
  due = undefined
  fn()
  await new Promise(resolve => setImmediate(resolve))
}

test('a machine that slept does not take its sleep for the silence of the remote', async () => {
  const said: string[] = []
  const pulse = new KeepAlive({ clock, keepAlive: 100, dead: 300, isListening: () => true, ping: () => { said.push('ping') }, silent: () => { said.push('silent') } })
  pulse.start()
  await fireAt(1_060_000)
  expect(said).toEqual(['ping'])
  // From then on its time counts again.
  await fireAt(1_060_100)
  await fireAt(1_060_200)
  await fireAt(1_060_300)
  expect(said).toEqual(['ping', 'ping', 'ping', 'silent'])
})

test('nor does one that slept in the middle of a frame', async () => {
  const late: string[] = []
  const watch = new FrameWatch(clock, 700, { isWaiting: () => true, late: error => { late.push(error.code) } })
  watch.look(false)
  await fireAt(1_060_000)
  expect(late).toEqual([])
  await fireAt(1_060_700)
  expect(late).toEqual(['RLPX_TIMEOUT'])
})

test('what came while the process was busy is read before the verdict', async () => {
  let isWaiting = true
  const late: string[] = []
  const watch = new FrameWatch(clock, 700, { isWaiting: () => isWaiting, late: error => { late.push(error.code) } })
  watch.look(false)
  // The rest of the frame is read in the same turn of the event loop as the timer.
  setImmediate(() => { isWaiting = false })
  await fireAt(1_000_750)
  expect(late).toEqual([])
})

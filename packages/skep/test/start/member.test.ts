import { VirtualClock } from '@skep/sim'
import { describe, expect, test } from 'vitest'
import { Member, type Child, type Ready } from '../../src/start/member.ts'

/** A process that does what the test says. */
class Scripted implements Child {
  readonly last: Ready | undefined
  readonly freshPorts: boolean
  readonly signals: string[] = []
  readonly ended: Promise<string>
  #end = (_how: string): void => {}
  readonly #listeners: Array<[string, (line: string) => void]> = []

  constructor (last: Ready | undefined, freshPorts: boolean) {
    this.last = last
    this.freshPorts = freshPorts
    this.ended = new Promise(resolve => { this.#end = resolve })
  }

  onLine (stream: string, listener: (line: string) => void): void {
    this.#listeners.push([stream, listener])
  }

  kill (signal: string): void {
    this.signals.push(signal)
    if (signal === 'SIGKILL') this.end(signal)
  }

  say (stream: string, line: string): void {
    for (const [name, listener] of this.#listeners) if (name === stream) listener(line)
  }

  ready (port = 1): void {
    this.say('stdout', JSON.stringify({ ready: true, overlay: 'aa', listen: `tcp://127.0.0.1:${port}`, api: `http://127.0.0.1:${port + 1}`, pid: 7 }))
  }

  end (how: string): void {
    this.#end(how)
  }
}

function setup () {
  const clock = new VirtualClock()
  const processes: Scripted[] = []
  const told: string[] = []
  const member = new Member({
    name: 'node 0',
    clock,
    tell: line => told.push(line),
    spawn (last, freshPorts) {
      const process = new Scripted(last, freshPorts)
      processes.push(process)
      return process
    }
  })
  member.start()
  const never = new AbortController().signal
  return { clock, processes, told, member, never }
}

describe('a member', () => {
  test('is ready when its process says so, whatever else it prints', async () => {
    const { clock, processes, member, never } = setup()
    const ready = member.ready(never)
    processes[0]!.say('stdout', 'hello')
    processes[0]!.say('stdout', '{"ready":false}')
    processes[0]!.say('stdout', 'null')
    await clock.settle()
    processes[0]!.ready()
    expect((await ready).pid).toBe(7)
    expect(member.starts).toBe(1)
  })

  test('is started again when its process ends, with the same ports', async () => {
    const { clock, processes, member, told, never } = setup()
    processes[0]!.ready(5)
    processes[0]!.end('SIGKILL')
    await clock.settle()
    const ready = member.ready(never)
    expect(told).toEqual(['node 0 ended (SIGKILL), and is started again'])
    expect(processes).toHaveLength(1)
    await clock.advance(100)
    expect(processes[1]!.last!.listen).toBe('tcp://127.0.0.1:5')
    processes[1]!.ready(5)
    await ready
    expect(member.starts).toBe(2)
  })

  test('waits longer after each start that came to nothing, and takes other ports after four', async () => {
    const { clock, processes } = setup()
    processes[0]!.ready()
    processes[0]!.end('SIGKILL')
    await clock.advance(100)
    for (const [pause, fresh] of [[200, false], [400, false], [800, false], [1600, true], [2000, true]] as const) {
      const at = processes.length
      processes[at - 1]!.end('exit code 1')
      await clock.advance(pause - 1)
      expect(processes).toHaveLength(at)
      await clock.advance(1)
      expect(processes).toHaveLength(at + 1)
      expect(processes[at]!.freshPorts).toBe(fresh)
    }
  })

  test('is given up after eight starts in a row that came to nothing, with its last words', async () => {
    const { clock, processes, member, never } = setup()
    const ready = member.ready(never)
    ready.catch(() => {})
    for (let i = 0; i < 8; i++) {
      processes[i]!.say('stderr', `no luck ${i}`)
      processes[i]!.end('exit code 1')
      await clock.advance(2_000)
    }
    await expect(ready).rejects.toThrow('node 0 does not start: no luck 7')
    expect(processes).toHaveLength(8)
    expect(clock.pending).toBe(0)
  })

  test('is not given up because somebody kills it again and again', async () => {
    const { clock, processes, member, never } = setup()
    const ready = member.ready(never)
    for (let i = 0; i < 20; i++) {
      processes[i]!.end('SIGKILL')
      await clock.advance(2_000)
    }
    processes[20]!.ready()
    expect((await ready).pid).toBe(7)
  })

  test('is killed when it does not become ready, and started again', async () => {
    const { clock, processes } = setup()
    await clock.advance(29_999)
    expect(processes[0]!.signals).toEqual([])
    await clock.advance(1)
    expect(processes[0]!.signals).toEqual(['SIGKILL'])
    await clock.advance(200)
    expect(processes).toHaveLength(2)
    expect(processes[1]!.freshPorts).toBe(false)
  })

  test('stops its process, by force if it must, and starts no other', async () => {
    const { clock, processes, member } = setup()
    processes[0]!.ready()
    const stopped = member.stop()
    await clock.advance(5_999)
    expect(processes[0]!.signals).toEqual(['SIGTERM'])
    await clock.advance(1)
    expect(processes[0]!.signals).toEqual(['SIGTERM', 'SIGKILL'])
    await stopped
    await clock.advance(10_000)
    expect(processes).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  test('stops while it pauses before a start', async () => {
    const { clock, processes, member } = setup()
    processes[0]!.ready()
    processes[0]!.end('SIGKILL')
    await clock.settle()
    await member.stop()
    await clock.advance(10_000)
    expect(processes).toHaveLength(1)
  })

  test('lets go of who waits for it when they give up', async () => {
    const { member } = setup()
    const controller = new AbortController()
    const ready = member.ready(controller.signal)
    controller.abort(new Error('enough'))
    await expect(ready).rejects.toThrow('enough')
  })
})

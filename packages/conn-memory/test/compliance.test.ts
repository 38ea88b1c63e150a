import { MemoryHub, pair } from '@skep/conn-memory'
import { testConn } from '@skep/interface/compliance'
import { describe, test } from 'vitest'

describe('a pair', () => testConn({ test, make: () => pair(), buffered: 1024 * 1024 }))

describe('a pair with a narrow window', () => testConn({ test, make: () => pair({ window: 1 }), buffered: 1024 * 1024 }))

describe('a link of a hub', () => testConn({
  test,
  buffered: 1024 * 1024,
  async make () {
    const hub = new MemoryHub()
    const accepted = new Promise<ReturnType<typeof pair>[0]>(resolve => hub.listen('b', resolve))
    return [await hub.dial('b'), await accepted]
  }
}))

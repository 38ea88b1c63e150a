import { describe, expect, test } from 'vitest'
import { formatEnode, isEnode, parseEnode } from '@skep/identity'
import { SeededRandom } from '@skep/sim'
import { specVectors, vectors } from '@skep/vectors'
import { fromHex, hex } from './hex.ts'

const recorded = vectors('overlay-addr')
const id = '1dd9d65c4552b5eb43d5ad55a2ee3f56c6cbc1c64a5c8d659f51fcd51bace24351232b8d7821617d2b29b54b81cdefb9b3e9c37d7fd5f63270bcc9e1a6f6a439'

describe('an enode URL', () => {
  test.skipIf(recorded === undefined)('is read and written as the original does', () => {
    const cases = recorded.cases.filter((each: any) => each.kind === 'enode')
    expect(cases.length).toBeGreaterThan(0)
    for (const each of cases) {
      if (each.error !== undefined) {
        expect(() => parseEnode(each.url), each.url).toThrow(expect.objectContaining({ code: 'IDENTITY_BAD_ENODE' }))
        continue
      }
      const enode = parseEnode(each.url)
      expect(hex(enode.id)).toBe(each.id)
      expect(enode.host ?? null).toBe(each.ip ?? null)
      expect([enode.tcp, enode.udp]).toEqual([each.tcp, each.udp])
      expect(formatEnode(enode)).toBe(each.string)
    }
  })

  test.skipIf(recorded === undefined)('of a node and its address is the original\'s', () => {
    for (const each of recorded.cases.filter((each: any) => each.kind === 'node')) {
      expect(formatEnode({ id: fromHex(each.nodeID), host: '127.0.0.1', tcp: 30303 })).toBe(each.addr.UAddr)
      expect(formatEnode({ id: fromHex(each.nodeID), host: each.ip, tcp: each.port })).toBe(each.addrWithPort.UAddr)
    }
  })

  test('writes brackets and the discovery port as the second recording has them', () => {
    const spec = specVectors('hive')
    expect(formatEnode({ id: fromHex(id), host: '127.0.0.1', tcp: 30303, udp: 30301 })).toBe(spec.enodeTcpUdpDiffer)
    expect(formatEnode({ id: fromHex(id), host: '2001:db8::1', tcp: 30304, udp: 30303 })).toBe(spec.enodeV6)
    expect(parseEnode(spec.enodeV6)).toMatchObject({ host: '2001:db8::1', tcp: 30304, udp: 30303 })
  })

  test('that is random text gets a code, or is written as it was read', () => {
    const random = new SeededRandom(5)
    const parts = ['enode://', id, '@', ':', '127.0.0.1', '[', ']', '::1', '?discport=', '0', '65535', '65536', '/', '#', 'x', '']
    let good = 0
    for (let i = 0; i < 20_000; i++) {
      const text = Array.from({ length: random.integer(8) }, () => random.pick(parts)).join('')
      let enode
      try {
        enode = parseEnode(text)
      } catch (error) {
        expect(error).toMatchObject({ code: 'IDENTITY_BAD_ENODE' })
        continue
      }
      good++
      expect(parseEnode(formatEnode(enode))).toEqual(enode)
    }
    expect(good).toBeGreaterThan(10)
  })

  test('without a host is no place to dial', () => {
    expect(isEnode(`enode://${id}`)).toBe(false)
    expect(isEnode(`enode://${id}@127.0.0.1:30303`)).toBe(true)
    expect(isEnode('tcp://127.0.0.1:30303')).toBe(false)
  })
})

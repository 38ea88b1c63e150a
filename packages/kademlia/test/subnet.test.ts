import { Kademlia, type KadPeer, type KademliaOptions, type KadRecord } from '@skep/kademlia'
import { randomAddressAt } from '@skep/pot'
import { SeededRandom } from '@skep/sim'
import { describe, expect, test } from 'vitest'
import { HandClock } from './hand-clock.ts'

const base = new Uint8Array(32)

function setup (options?: KademliaOptions) {
  const random = new SeededRandom(1)
  const table = new Kademlia<KadRecord, KadPeer>({ base, clock: new HandClock(), random }, options)
  const record = (po: number, ...underlays: string[]): KadRecord => ({ overlay: randomAddressAt(random, base, po), underlays })
  const register = (po: number, ...underlays: string[]): string => {
    const { added, refused } = table.register([record(po, ...underlays)])
    return added === 1 ? 'added' : refused[0]!.code
  }
  return { table, record, register }
}

describe('addresses of one subnet', () => {
  test.each([
    ['of IPv4 share 24 bits', ['tcp://8.8.8.1:1', 'tcp://8.8.8.255:2', 'tcp://8.8.8.7:3'], 'tcp://8.8.9.1:1'],
    ['of IPv6 share 56 bits', ['tcp://[2001:db8:0:100::1]:1', 'tcp://[2001:db8:0:1ff::1]:1', 'tcp://[2001:0db8:0000:0142:1:2:3:4]:1'], 'tcp://[2001:db8:0:200::1]:1'],
    ['may be written as IPv4 in IPv6', ['tcp://[::ffff:8.8.8.1]:1', 'tcp://8.8.8.2:1', 'tcp://[::ffff:808:803]:1'], 'tcp://[::ffff:8.8.9.1]:1'],
    ['may have a user, a path and any scheme', ['enode://abc@8.8.8.1:30303', 'ws+tls://8.8.8.2/path@8.8.9.9', 'x.y-z://8.8.8.3?a#b'], 'enode://8.8.8.1@8.8.9.1:30303']
  ])('%s: two in a bin', (_, [first, second, third], other) => {
    const { register } = setup()
    expect([first, second, third, other].map(underlay => register(3, underlay!))).toEqual(['added', 'added', 'SUBNET', 'added'])
  })

  test('ten in all, over all bins', () => {
    const { register } = setup()
    const outcomes = Array.from({ length: 11 }, (_, po) => register(po, `tcp://8.8.8.${po}:1`))
    expect(outcomes).toEqual([...Array(10).fill('added'), 'SUBNET'])
  })

  test.each([
    '127.0.0.1', '10.1.2.3', '192.168.1.2', '172.16.0.1', '172.31.255.1', '169.254.0.1', '100.64.0.1', '100.127.0.1', '0.0.0.0',
    '[::1]', '[::]', '[fe80::1]', '[febf::1]', '[fc00::1]', '[fdff::1]', '[::ffff:127.0.0.1]', '[::ffff:10.0.0.1]'
  ])('%s is exempt, unless private subnets count too', host => {
    const { register } = setup()
    expect([1, 2, 3].map(port => register(0, `tcp://${host}:${port}`))).toEqual(['added', 'added', 'added'])
    const strict = setup({ limitPrivateSubnets: true })
    expect([1, 2, 3].map(port => strict.register(0, `tcp://${host}:${port}`))).toEqual(['added', 'added', 'SUBNET'])
  })

  test.each(['11.1.2.3', '192.167.1.2', '192.169.1.2', '172.15.0.1', '172.32.0.1', '169.253.0.1', '100.63.0.1', '100.128.0.1', '128.0.0.1', '[::2]', '[fec0::1]', '[fb00::1]', '[fe00::1]', '[1::1]'])('%s is not exempt', host => {
    const { register } = setup()
    expect([1, 2, 3].map(port => register(0, `tcp://${host}:${port}`))).toEqual(['added', 'added', 'SUBNET'])
  })

  test.each([
    'tcp://example.org:1', 'tcp://8.8.8:1', 'tcp://8.8.8.256:1', 'tcp://8.8.8.8.8:1', 'tcp://8.8.8.x:1', 'tcp://8.8.8.0008:1', '8.8.8.8:1', '//8.8.8.8', 'tcp:8.8.8.8',
    'tcp://[2001:db8]:1', 'tcp://[2001::db8::1]:1', 'tcp://[2001:db8:1:2:3:4:5:6:7]:1', 'tcp://[2001:db8:1:2:3:4:5::6:7]:1', 'tcp://[g::1]:1', 'tcp://[12345::1]:1', 'tcp://[::8.8.8]:1', 'tcp://[]:1', 'memory://a', '', '__proto__://8'
  ])('%j shows no address, and no subnet', underlay => {
    const { register } = setup()
    expect([1, 2, 3].map(() => register(0, underlay))).toEqual(['added', 'added', 'added'])
  })

  test('count once for a record, however many of its underlays are there', () => {
    const { register } = setup()
    expect(register(0, 'tcp://8.8.8.1:1', 'tcp://8.8.8.2:1', 'tcp://8.8.8.3:1', 'tcp://9.9.9.9:1')).toBe('added')
    expect(register(0, 'tcp://8.8.8.4:1')).toBe('added')
    expect(register(0, 'tcp://7.7.7.7:1', 'tcp://8.8.8.5:1')).toBe('SUBNET')
    expect(register(0, 'tcp://9.9.9.1:1')).toBe('added')
    expect(register(0, 'tcp://9.9.9.2:1')).toBe('SUBNET')
  })

  test('make room when a record goes or names another', () => {
    const { table, record, register } = setup()
    const [first, second] = [record(0, 'tcp://8.8.8.1:1'), record(0, 'tcp://8.8.8.2:1')]
    table.register([first, second])
    expect(register(0, 'tcp://8.8.8.3:1')).toBe('SUBNET')
    expect(table.register([{ ...first, underlays: ['tcp://8.8.8.9:1'] }])).toMatchObject({ updated: 1 })
    table.forget(first.overlay)
    expect(register(0, 'tcp://8.8.8.3:1')).toBe('added')
    expect(table.register([{ ...second, underlays: ['tcp://8.8.9.1:1'] }])).toMatchObject({ updated: 1 })
    expect(register(0, 'tcp://8.8.8.4:1')).toBe('added')
    expect(register(0, 'tcp://8.8.8.5:1')).toBe('SUBNET')
  })

  test('an update into a full subnet is refused, and the old underlays stay', () => {
    const { table, record } = setup()
    table.register([record(0, 'tcp://8.8.8.1:1'), record(0, 'tcp://8.8.8.2:1')])
    const other = record(0, 'tcp://9.9.9.9:1')
    table.register([other])
    expect(table.register([{ ...other, underlays: ['tcp://8.8.8.3:1'] }])).toMatchObject({ updated: 0, refused: [{ code: 'SUBNET' }] })
    expect(table.known().map(([{ underlays }]) => underlays![0])).toContain('tcp://9.9.9.9:1')
  })
})

import { describe, expect, test } from 'vitest'
import { formatIp, formatUnderlay, isUnderlay, MAX_UNDERLAY, parseIp, parseUnderlay, scopeOf, type Scope } from '@skep/identity'
import { SeededRandom } from '@skep/sim'

const id = 'a'.repeat(128)

describe('an underlay', () => {
  test('is taken apart', () => {
    expect(parseUnderlay('tcp://127.0.0.1:4711')).toEqual({ scheme: 'tcp', host: '127.0.0.1', port: 4711, ip: Uint8Array.of(127, 0, 0, 1), rest: '' })
    expect(parseUnderlay('WS://[2001:DB8::1]:80/swarm?x=1')).toMatchObject({ scheme: 'ws', host: '2001:db8::1', port: 80, rest: '/swarm?x=1' })
    expect(parseUnderlay(`enode://${id}@[::]:30399?discport=0`)).toMatchObject({ scheme: 'enode', user: id, host: '::', port: 30399, rest: '?discport=0' })
    expect(parseUnderlay('memory://node-7')).toMatchObject({ scheme: 'memory', host: 'node-7' })
    expect(parseUnderlay('tcp://Example.org:1')).toMatchObject({ host: 'example.org' })
  })

  test.each([
    '', 'tcp', 'tcp:', 'tcp://', 'tcp://:1', '127.0.0.1:80', '://1.2.3.4:5', 'tcp://1.2.3.4:65536', 'tcp://1.2.3.4:', 'tcp://1.2.3.4:-1',
    'tcp://::1:80', 'tcp://[::1', 'tcp://[1.2.3.4]:5', 'tcp://[fe80::1%eth0]:5', 'tcp://a b:1', 'tcp://a\n:1', 'tcp://ä.example:1',
    // The forms of an IPv4 address that some resolvers take for 127.0.0.1.
    'tcp://2130706433:80', 'tcp://0x7f000001:80', 'tcp://0177.0.0.1:80', 'tcp://127.1:80', 'tcp://0x7f.1:80',
    'tcp://-a.example:1', 'tcp://a..b:1', 'tcp://a@b@c:1', 'tcp://a#b:1'
  ])('%j is refused', text => {
    expect(isUnderlay(text)).toBe(false)
    expect(() => parseUnderlay(text)).toThrow(expect.objectContaining({ code: 'IDENTITY_BAD_UNDERLAY' }))
  })

  test('has a longest length', () => {
    const of = (length: number): string => `tcp://1.2.3.4:5/${'x'.repeat(length - 16)}`
    expect(isUnderlay(of(MAX_UNDERLAY - 1))).toBe(true)
    expect(isUnderlay(of(MAX_UNDERLAY))).toBe(true)
    expect(isUnderlay(of(MAX_UNDERLAY + 1))).toBe(false)
  })

  test('is written with brackets where they are needed', () => {
    expect(formatUnderlay('tcp', '::1', 80)).toBe('tcp://[::1]:80')
    expect(formatUnderlay('tcp', '10.0.0.1', 80)).toBe('tcp://10.0.0.1:80')
  })
})

describe('the scope of an underlay', () => {
  test.each<[string, Scope]>([
    ['tcp://127.0.0.1:1', 'loopback'], ['tcp://127.255.255.254:1', 'loopback'], ['tcp://[::1]:1', 'loopback'], ['tcp://localhost:1', 'loopback'],
    ['tcp://a.localhost:1', 'loopback'], ['tcp://[::ffff:127.0.0.1]:1', 'loopback'], ['tcp://[::127.0.0.1]:1', 'loopback'],
    ['tcp://[64:ff9b::7f00:1]:1', 'loopback'], ['tcp://[2002:7f00:1::]:1', 'loopback'],
    ['tcp://10.0.0.1:1', 'private'], ['tcp://172.16.0.1:1', 'private'], ['tcp://172.31.255.255:1', 'private'], ['tcp://192.168.1.1:1', 'private'],
    ['tcp://100.64.0.1:1', 'private'], ['tcp://100.127.255.255:1', 'private'], ['tcp://169.254.169.254:1', 'private'], ['tcp://[fc00::1]:1', 'private'],
    ['tcp://[fdff::1]:1', 'private'], ['tcp://[fe80::1]:1', 'private'], ['tcp://[64:ff9b::a00:1]:1', 'private'],
    ['tcp://0.0.0.0:1', 'unspecified'], ['tcp://[::]:1', 'unspecified'], ['tcp://8.8.8.8:0', 'unspecified'],
    ['tcp://0.0.0.1:1', 'reserved'], ['tcp://224.0.0.1:1', 'reserved'], ['tcp://255.255.255.255:1', 'reserved'], ['tcp://192.0.2.1:1', 'reserved'],
    ['tcp://198.51.100.1:1', 'reserved'], ['tcp://203.0.113.1:1', 'reserved'], ['tcp://198.19.0.1:1', 'reserved'], ['tcp://240.0.0.1:1', 'reserved'],
    ['tcp://[ff02::1]:1', 'reserved'], ['tcp://[2001:db8::1]:1', 'reserved'], ['tcp://[2001::1]:1', 'reserved'], ['tcp://[100::1]:1', 'reserved'], ['tcp://[4000::1]:1', 'reserved'],
    ['tcp://8.8.8.8:1', 'public'], ['tcp://172.15.0.1:1', 'public'], ['tcp://172.32.0.1:1', 'public'], ['tcp://100.63.0.1:1', 'public'],
    ['tcp://100.128.0.1:1', 'public'], ['tcp://[2600::1]:1', 'public'], ['tcp://[64:ff9b::808:808]:1', 'public'], [`enode://${id}@8.8.8.8:1`, 'public'],
    ['tcp://example.org:1', 'name'], ['memory://a', 'memory']
  ])('%s is %s', (underlay, scope) => {
    expect(scopeOf(underlay)).toBe(scope)
  })
})

describe('an IP address', () => {
  test('has one canonical text', () => {
    for (const [text, canonical] of [
      ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], ['0:0:0:0:0:0:0:0', '::'], ['2001:0:0:1::1', '2001:0:0:1::1'], ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
      ['::ffff:1.2.3.4', '1.2.3.4'], ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'], ['A::', 'a::']
    ]) expect(formatIp(parseIp(text!)!)).toBe(canonical)
  })

  test.each(['', ':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8', '12345::', 'g::', '1.2.3.4::', '::1.2.3', '1.2.3.256', '1.2.3.4.5', '::1.2.3.4:5'])('%j is none', text => {
    expect(parseIp(text)).toBeUndefined()
  })

  test('survives being written and read', () => {
    const random = new SeededRandom(6)
    for (let i = 0; i < 2_000; i++) {
      const ip = random.bytes(random.pick([4, 16]))
      for (let zero = random.integer(12); zero > 0; zero--) ip[random.integer(ip.length)] = 0
      expect(parseIp(formatIp(ip))).toEqual(ip.length === 16 && /^[0-9.]+$/.test(formatIp(ip)) ? ip.slice(12) : ip)
    }
  })
})

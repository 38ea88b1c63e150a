import { describe, expect, test } from 'vitest'
import { listenAddress, transport, type ListenAddress, type TransportName } from '../../src/cli/arguments.ts'
import { checkBootnode, planTransports } from '../../src/cli/transports.ts'

const plan = (names: readonly string[], addresses: readonly string[]) => planTransports(
  names.reduce<TransportName[] | undefined>((before, name) => transport(name, before), undefined),
  addresses.reduce<ListenAddress[] | undefined>((before, text) => listenAddress(text, before), undefined)
)
const shown = (names: readonly string[], addresses: readonly string[]) => {
  const { transports, listen } = plan(names, addresses)
  return `${transports.join('+')} ${listen.map(({ transport, host, port }) => `${transport}://${host}:${port}`).join(' ')}`
}

describe('transports of a node', () => {
  test.each<[string[], string[], string]>([
    [[], [], 'tcp tcp://127.0.0.1:0'],
    [[], ['127.0.0.1:4711'], 'tcp tcp://127.0.0.1:4711'],
    [['rlpx'], [], 'rlpx rlpx://127.0.0.1:0'],
    [['rlpx'], ['0.0.0.0:30399'], 'rlpx rlpx://0.0.0.0:30399'],
    [[], ['rlpx://127.0.0.1:30399'], 'rlpx rlpx://127.0.0.1:30399'],
    [['tcp', 'rlpx'], [], 'tcp+rlpx tcp://127.0.0.1:0 rlpx://127.0.0.1:0'],
    [['rlpx', 'tcp', 'rlpx'], ['rlpx://[::1]:3'], 'tcp+rlpx rlpx://::1:3 tcp://127.0.0.1:0'],
    [[], ['tcp://127.0.0.1:1', 'rlpx://127.0.0.1:2'], 'tcp+rlpx tcp://127.0.0.1:1 rlpx://127.0.0.1:2'],
    [[], ['127.0.0.1:1', 'rlpx://127.0.0.1:2'], 'tcp+rlpx tcp://127.0.0.1:1 rlpx://127.0.0.1:2'],
    [[], ['127.0.0.1:1', '[::1]:1'], 'tcp tcp://127.0.0.1:1 tcp://::1:1'],
    [['tcp'], ['127.0.0.1:0', 'tcp://127.0.0.1:0'], 'tcp tcp://127.0.0.1:0 tcp://127.0.0.1:0']
  ])('--transport %j --listen %j is %s', (names, addresses, expected) => {
    expect(shown(names, addresses)).toBe(expected)
  })

  test.each<[string[], string[], RegExp]>([
    [['tcp', 'rlpx'], ['127.0.0.1:4711'], /write tcp:\/\/127.0.0.1:4711 or rlpx:\/\/127.0.0.1:4711$/],
    [['tcp'], ['rlpx://127.0.0.1:1'], /does not connect over rlpx; give --transport tcp --transport rlpx$/],
    [['rlpx'], ['tcp://127.0.0.1:1'], /does not connect over tcp; give --transport tcp --transport rlpx$/],
    [[], ['tcp://127.0.0.1:5', 'rlpx://127.0.0.1:5'], /needs a port of its own$/],
    [[], Array.from({ length: 9 }, () => '127.0.0.1:0'), /at most 8 addresses, not 9$/]
  ])('--transport %j --listen %j is refused, and it is said what to do', (names, addresses, message) => {
    expect(() => plan(names, addresses)).toThrow(message)
    expect(() => plan(names, addresses)).toThrow(expect.objectContaining({ name: 'CliError' }))
  })

  test('eight addresses are not too many', () => {
    expect(plan([], Array.from({ length: 8 }, () => '127.0.0.1:0')).listen).toHaveLength(8)
  })

  test.each(['carrier-pigeon', 'TCP', ''])('%j is no transport', name => {
    expect(() => transport(name)).toThrow('tcp or rlpx')
  })

  test.each(['enode://127.0.0.1:1', 'http://127.0.0.1:1', 'tcp://127.0.0.1:1/x'])('%s is not where to listen', text => {
    expect(() => listenAddress(text)).toThrow('Expected HOST:PORT, tcp://HOST:PORT or rlpx://HOST:PORT.')
  })

  test('a bootnode needs a transport that dials it', () => {
    const enode = `enode://${'ab'.repeat(64)}@127.0.0.1:1`
    for (const text of [enode, '127.0.0.1:1', 'tcp://127.0.0.1:1', 'pigeon://coop']) expect(() => checkBootnode(plan(['tcp', 'rlpx'], []), text)).not.toThrow()
    expect(() => checkBootnode(plan([], []), enode)).toThrow(/over rlpx; give --transport tcp --transport rlpx$/)
    expect(() => checkBootnode(plan(['rlpx'], []), '127.0.0.1:1')).toThrow(/over tcp; give --transport tcp --transport rlpx$/)
  })
})

import { describe, expect, test } from 'vitest'
import { apiUrl, formatHostPort, hostPort, isLoopback, networkId, reference } from '../../src/cli/arguments.ts'

describe('words of the command line', () => {
  test.each([
    ['127.0.0.1:0', '127.0.0.1', 0], ['localhost:4711', 'localhost', 4711], ['[::1]:80', '::1', 80], ['0.0.0.0:65535', '0.0.0.0', 65_535]
  ])('%s is a host and a port', (text, host, port) => {
    expect(hostPort(text)).toEqual({ host, port })
    expect(formatHostPort({ host, port })).toBe(text)
  })

  test.each(['', '127.0.0.1', ':80', '127.0.0.1:', '127.0.0.1:65536', '127.0.0.1:-1', '::1:80', 'a b:1', '127.0.0.1:8x'])('%j is no host and port', text => {
    expect(() => hostPort(text)).toThrow('HOST:PORT')
  })

  test('only loopback addresses count as loopback', () => {
    for (const host of ['127.0.0.1', '127.9.9.9', 'localhost', '::1']) expect(isLoopback(host)).toBe(true)
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example', 'example.org']) expect(isLoopback(host)).toBe(false)
  })

  test('references are 64 hex characters, in either case', () => {
    expect(reference('AB'.repeat(32))).toBe('ab'.repeat(32))
    for (const text of ['', 'ab', 'g'.repeat(64), 'a'.repeat(63), 'a'.repeat(65), 'a'.repeat(128)]) expect(() => reference(text)).toThrow('64 hex')
    expect(() => reference('a'.repeat(63))).toThrow(/got 63\.$/)
    expect(() => reference(`${'a'.repeat(20)}g${'a'.repeat(43)}`)).toThrow(/character 21 is "g"/)
    expect(() => reference(`0x${'a'.repeat(64)}`)).toThrow(/character 2 is "x"/)
    expect(() => reference(`${'a'.repeat(63)}\u{1f41d}`)).toThrow(/character 64 is "\u{1f41d}"/u)
  })

  test('an API is an http URL, with or without the scheme', () => {
    expect(apiUrl('127.0.0.1:1633')).toBe('http://127.0.0.1:1633')
    expect(apiUrl('http://[::1]:1633/path')).toBe('http://[::1]:1633')
    for (const text of ['', 'https://a', 'http://', 'ftp://a', 'http://a:99999']) expect(() => apiUrl(text)).toThrow('http URL')
  })

  test('a network id is a whole number', () => {
    expect(networkId('0')).toBe(0)
    for (const text of ['', '-1', '1.5', '1e3', '9007199254740992', 'x']) expect(() => networkId(text)).toThrow('whole number')
  })
})

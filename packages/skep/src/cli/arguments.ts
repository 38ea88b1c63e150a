import { InvalidArgumentError } from 'commander'
import { isIP } from 'node:net'

/** Where Bee's API listens, and so what its clients try first. */
export const DEFAULT_API = 'http://127.0.0.1:1633'

/** A host and a port to listen on. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

/** Reads `host:port`, with brackets around an IPv6 host. */
export function hostPort (text: string): HostPort {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port > 65_535) throw new InvalidArgumentError('Expected HOST:PORT, 127.0.0.1:0 for example.')
  return { host, port }
}

/** Puts a host and a port together again. */
export function formatHostPort ({ host, port }: HostPort): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}

/** Whether only programs on this machine reach the address. */
export function isLoopback (host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** Reads a reference or an address. */
export function reference (text: string): string {
  const at = text.search(/[^0-9a-fA-F]/)
  if (at >= 0) throw new InvalidArgumentError(`Expected 64 hex characters, and character ${at + 1} is ${JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))}.`)
  if (text.length !== 64) throw new InvalidArgumentError(`Expected 64 hex characters, got ${text.length}.`)
  return text.toLowerCase()
}

/** Reads the URL of an API. */
export function apiUrl (text: string): string {
  try {
    const url = new URL(text.includes('://') ? text : `http://${text}`)
    if (url.protocol === 'http:') return url.origin
  } catch {}
  throw new InvalidArgumentError(`Expected an http URL, ${DEFAULT_API} for example.`)
}

/** Reads a network id: 64 bits on the wire, a safe integer here. */
export function networkId (text: string): number {
  const id = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(id)) throw new InvalidArgumentError('Expected a whole number from 0.')
  return id
}

/** Gathers an option that may be given several times. */
export function collect (text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}

/** How nodes connect: our own frames over TCP, or as the nodes of 2018 do. */
export type TransportName = 'tcp' | 'rlpx'

/** Reads the names of transports, one each time. */
export function transport (text: string, before: readonly TransportName[] = []): TransportName[] {
  if (text !== 'tcp' && text !== 'rlpx') throw new InvalidArgumentError('Expected tcp or rlpx.')
  return [...before, text]
}

/** Where to listen, and over which transport if the text says so. */
export interface ListenAddress extends HostPort {
  readonly transport?: TransportName
}

/** Reads addresses to listen on, one each time: `host:port`, `tcp://host:port` or `rlpx://host:port`. */
export function listenAddress (text: string, before: readonly ListenAddress[] = []): ListenAddress[] {
  const match = /^(?:(tcp|rlpx):\/\/)?([^/]*)$/.exec(text)
  if (match === null) throw new InvalidArgumentError('Expected HOST:PORT, tcp://HOST:PORT or rlpx://HOST:PORT.')
  const name = match[1] as TransportName | undefined
  return [...before, { ...hostPort(match[2]!), ...(name !== undefined && { transport: name }) }]
}

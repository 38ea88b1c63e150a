import { Agent, request, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** What a client of the API can meet. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  /** The HTTP status; `undefined` when no answer came. */
  readonly status: number | undefined

  constructor (message: string, status?: number, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

export interface CallOptions {
  readonly method?: string
  readonly body?: string | AsyncIterable<Uint8Array>
  /** Bytes of the body, when they are known beforehand. */
  readonly length?: number
  readonly signal?: AbortSignal
  /** How long the node may be silent, in milliseconds. Defaults to 60,000. */
  readonly silence?: number
}

/** Bytes of an answer that is read whole: the status of a node with many streams is the largest. */
const MAX_ANSWER = 64 << 20

/** A client of one node's API. */
export class ApiClient {
  readonly url: URL
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 })

  /** @throws TypeError - if `url` is no http URL. */
  constructor (url: string) {
    this.url = new URL(url.includes('://') ? url : `http://${url}`)
    if (this.url.protocol !== 'http:') throw new TypeError(`'${url}' is no http URL`)
  }

  /**
   * Sends a request and gives the answer with its body unread.
   *
   * @throws ApiFailure - when nobody answers, or the answer is no success.
   */
  async call (path: string, options: CallOptions = {}): Promise<IncomingMessage> {
    const { method = 'GET', body, length, signal, silence = 60_000 } = options
    const bytes = typeof body === 'string' ? Buffer.from(body) : undefined
    const size = bytes?.length ?? length
    const sent = request(new URL(path, this.url), {
      method,
      agent: this.#agent,
      timeout: silence,
      ...(signal !== undefined && { signal }),
      headers: { accept: 'application/json', ...(size !== undefined && { 'content-length': size }) }
    })
    sent.on('timeout', () => sent.destroy(new Error(`it was silent for ${silence / 1000} s`)))
    const answered = new Promise<IncomingMessage>((resolve, reject) => sent.on('response', resolve).on('error', reject))
    // An answer may come before the body has gone, and then the rest of it is of no interest.
    const source = bytes === undefined ? body : [bytes]
    const sending = source === undefined ? undefined : pipeline(Readable.from(source, { objectMode: false }), sent)
    if (source === undefined) sent.end()
    sending?.catch(() => {})
    let response: IncomingMessage
    try {
      response = await answered
    } catch (cause) {
      signal?.throwIfAborted()
      throw unreachable(this.url, cause)
    }
    if (response.statusCode! < 300) return response
    throw await refusal(response)
  }

  /** Calls and reads the answer as JSON. */
  async json<T> (path: string, options: CallOptions = {}): Promise<T> {
    const text = await this.text(path, options)
    try {
      return JSON.parse(text) as T
    } catch (cause) {
      throw new ApiFailure(`${this.url.origin} does not answer in JSON: is it a node's API?`, undefined, { cause })
    }
  }

  /** Calls and reads the answer as text. */
  async text (path: string, options: CallOptions = {}): Promise<string> {
    const response = await this.call(path, options)
    try {
      return await readText(response)
    } catch (cause) {
      options.signal?.throwIfAborted()
      throw unreachable(this.url, cause)
    }
  }

  /** Closes the connections that are kept for the next call. */
  close (): void {
    this.#agent.destroy()
  }
}

async function readText (response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length
    if (size > MAX_ANSWER) throw new Error(`the answer is larger than ${MAX_ANSWER} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

async function refusal (response: IncomingMessage): Promise<ApiFailure> {
  const status = response.statusCode!
  const text = await readText(response).catch(() => '')
  let message = `the node answered ${status}`
  try {
    const body = JSON.parse(text) as { message?: unknown }
    if (typeof body.message === 'string') message = body.message
  } catch {}
  return new ApiFailure(message, status)
}

function unreachable (url: URL, cause: unknown): ApiFailure {
  const code = (cause as NodeJS.ErrnoException).code
  const why = code === 'ECONNREFUSED'
    ? 'nothing listens there'
    : code === 'ECONNRESET' || code === 'EPIPE' ? 'the connection broke' : cause instanceof Error ? cause.message : String(cause)
  return new ApiFailure(`no answer from the API at ${url.origin}: ${why}`, undefined, { cause })
}

import type { Hono } from 'hono'
import type { ApiEvent, Backend } from './backend.ts'
import type { ApiEnv } from './env.ts'
import { Gate } from './gate.ts'
import type { ApiSettings } from './options.ts'

/**
 * `GET /events`: what happens at the node, as it happens, in the form of server-sent events.
 *
 * The event's name is its type, its data the event as JSON. A client that does not read is
 * cut rather than waited for; nothing is repeated to one that comes back.
 */
export function eventsRoute (app: Hono<ApiEnv>, backend: Backend, options: ApiSettings): void {
  const gate = new Gate(options.maxEventStreams, 'event streams')
  app.get('/events', c => {
    const leave = gate.enter()
    const encoder = new TextEncoder()
    let stop = leave
    const stream = new ReadableStream<Uint8Array>({
      start (controller) {
        let timer: (() => void) | undefined
        const off = backend.onEvent(event => send(format(event)))
        stop = () => {
          off()
          timer?.()
          leave()
        }
        const send = (text: string): void => {
          timer?.()
          if ((controller.desiredSize ?? 0) <= 0) {
            stop()
            return controller.error(new Error(`the client left ${options.maxQueuedEvents} events unread`))
          }
          controller.enqueue(encoder.encode(text))
          timer = options.clock.after(options.heartbeat, () => send(':\n\n'))
        }
        send(': events begin\n\n')
      },
      cancel: () => stop()
    }, { highWaterMark: options.maxQueuedEvents })
    c.header('content-type', 'text/event-stream')
    c.header('cache-control', 'no-store')
    return c.body(stream)
  })
}

/** JSON has no line breaks of its own, so one data line is enough. */
function format (event: ApiEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

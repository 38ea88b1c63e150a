/** A running worker, whichever kind it is. */
export interface HashWorker {
  post (message: unknown, transfer: ArrayBuffer[]): void

  /** Tells whether there is work in it: only then must it keep the process alive. */
  busy (is: boolean): void
  end (): Promise<void>
}

/** What a worker tells. */
export interface WorkerEvents {
  message (message: unknown): void

  /** It will not answer any more. */
  failed (reason: unknown): void
}

/** As much of Node's `node:worker_threads` as is used. */
interface Threads {
  Worker: new (script: string, options: { eval: true, resourceLimits: { maxYoungGenerationSizeMb: number } }) => {
    postMessage (message: unknown, transfer: ArrayBuffer[]): void
    on (event: string, listener: (argument: unknown) => void): void
    ref (): void
    unref (): void
    terminate (): Promise<unknown>
  }
}

/** What a thread may gather before it cleans up: it makes little but views, and would take tens of MiB for them. */
const YOUNG_MIB = 4

interface Builtins { process?: { getBuiltinModule? (name: string): unknown } }

/** Gives a module of Node, where there are such, without any bundler's notice. */
export function builtin<T> (name: string): T | undefined {
  return (globalThis as Builtins).process?.getBuiltinModule?.(name) as T | undefined
}

/**
 * Starts a worker that runs a script: a Web Worker from a blob where there are such,
 * else a thread of Node.
 *
 * @throws Error - if there are neither, or a policy forbids it (`worker-src blob:`).
 */
export function spawnWorker (script: string, events: WorkerEvents): HashWorker {
  return typeof Worker === 'function' ? spawnWeb(script, events) : spawnThread(script, events)
}

function spawnWeb (script: string, events: WorkerEvents): HashWorker {
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
  const worker = new Worker(url)
  worker.onmessage = ({ data }) => {
    // It has started, so the text has been read.
    URL.revokeObjectURL(url)
    events.message(data)
  }
  worker.onerror = event => { events.failed(event) }
  worker.onmessageerror = event => { events.failed(event) }
  return {
    post: (message, transfer) => { worker.postMessage(message, transfer) },
    busy: () => {},
    end: async () => {
      URL.revokeObjectURL(url)
      worker.terminate()
    }
  }
}

function spawnThread (script: string, events: WorkerEvents): HashWorker {
  const threads = builtin<Threads>('node:worker_threads')
  if (threads === undefined) throw new Error('there are no workers here')
  const worker = new threads.Worker(script, { eval: true, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB } })
  worker.unref()
  worker.on('message', message => { events.message(message) })
  worker.on('error', reason => { events.failed(reason) })
  worker.on('messageerror', reason => { events.failed(reason) })
  worker.on('exit', () => { events.failed(new Error('the thread has ended')) })
  return {
    post: (message, transfer) => { worker.postMessage(message, transfer) },
    busy (is) {
      if (is) worker.ref()
      else worker.unref()
    },
    end: async () => { await worker.terminate() }
  }
}

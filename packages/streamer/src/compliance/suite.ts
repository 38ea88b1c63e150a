import type { StreamType } from '../type.ts'

/** A stream type that is put to the test: a stream that is served, and a place that it is followed into. */
export interface StreamTypeSubject {
  /** The type with its serving half, over a stream that is empty at first. */
  readonly server: StreamType
  /** The type with its asking half, into a place that is empty at first. */
  readonly client: StreamType
  /** The stream's key. Defaults to the empty one. */
  readonly key?: string
  /** Adds an item to the end of the stream, another one each time. */
  append (): void | Promise<void>
  /** Makes the stream's next `n` indices hold nothing, as those of deleted items. Leave it out where every index has its item. */
  skip? (n: number): void | Promise<void>
  /** The asking half as after the end of the process: with what was durable, and nothing else. */
  reopen (): StreamType | Promise<StreamType>
  /** Empties the stream, which then is another epoch. Leave it out where that cannot happen. */
  wipe? (): void | Promise<void>
  /** Whether an id does not say what its bytes are, so that a wrong body cannot be told. Defaults to false. */
  readonly unverifiable?: boolean
}

/** What an adopter hands to {@link testStreamType}. */
export interface StreamTypeSuite {
  /** Registers one law. The `test` of vitest, node:test and Deno all fit. */
  test (name: string, law: () => Promise<void>): unknown
  /** Makes a fresh, empty, isolated subject. Called at least once per law. */
  make (): StreamTypeSubject | Promise<StreamTypeSubject>
  /** Lets what is ready run, and the subject's disk, if any: a turn of the event loop, `setImmediate` for example. */
  settle (): Promise<void>
}

/** Fails the law with `what` was found when `truth` does not hold. */
export function holds (truth: boolean, what: string): asserts truth {
  if (!truth) throw new Error(what)
}

/** How many turns may pass before what was waited for is given up. */
const TURNS = 200

/** Waits until `done` holds, without time going on. */
export async function eventually (suite: StreamTypeSuite, done: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) {
    if (done()) return
    await suite.settle()
  }
  throw new Error(what)
}

/** What became of a promise so far: whether it is over, and with which value. */
export function watch<T> (promise: Promise<T>): { over (): boolean, value (): T | undefined } {
  let over = false
  let value: T | undefined
  promise.then(
    resolved => { over = true; value = resolved },
    () => { over = true }
  )
  return { over: () => over, value: () => value }
}

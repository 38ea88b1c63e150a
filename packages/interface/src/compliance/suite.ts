/**
 * What an adopter hands to a compliance suite.
 *
 * @typeParam T - what is put to the test.
 */
export interface Suite<T> {
  /** Registers one law. The `test` of vitest, node:test and Deno all fit. */
  test (name: string, law: () => Promise<void>): unknown

  /** Makes a fresh, empty, isolated instance. Called at least once per law. */
  make (): T | Promise<T>
}

/** Fails the law with `what` was found when `truth` does not hold. */
export function holds (truth: boolean, what: string): asserts truth {
  if (!truth) throw new Error(what)
}

/** Fails the law unless `promise` rejects. */
export async function rejects (promise: Promise<unknown>, what: string): Promise<void> {
  const rejected = await promise.then(() => false, () => true)
  holds(rejected, what)
}

/** Whether two byte strings, or two absences, are the same. */
export function sameBytes (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

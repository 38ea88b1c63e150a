interface Waiting {
  readonly bytes: number
  enter (has: boolean): void
}

/**
 * Room for the items of one priority that are read for a peer and have not gone out.
 *
 * Taken before anything is read, in the order it was asked for, so that however many
 * streams a slow peer wants, what lies in memory for it has a bound.
 */
export class Room {
  /** Bytes at most. */
  readonly size: number
  readonly #waiting: Waiting[] = []
  #taken = 0
  #closed = false

  constructor (size: number) {
    this.size = size
  }

  /** Bytes that are taken. */
  get taken (): number {
    return this.#taken
  }

  /** Takes room if there is some at once, and says whether it did. */
  try (bytes: number): boolean {
    if (this.#closed || this.#waiting.length > 0 || this.#taken + bytes > this.size) return false
    this.#taken += bytes
    return true
  }

  /** Waits until there is room, and takes it. More than there ever is counts as all of it. @returns whether it did so before `signal` aborted or the room was closed. */
  async take (bytes: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted || this.#closed) return false
    const all = Math.min(bytes, this.size)
    if (this.try(all)) return true
    return await new Promise<boolean>(resolve => {
      const waiting = { bytes: all, enter: (has: boolean) => { signal.removeEventListener('abort', aborted); resolve(has) } }
      const aborted = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        resolve(false)
        // Those behind it may be smaller.
        this.#admit()
      }
      signal.addEventListener('abort', aborted, { once: true })
      this.#waiting.push(waiting)
    })
  }

  /** Gives back what was taken. */
  give (bytes: number): void {
    this.#taken -= Math.min(bytes, this.size)
    this.#admit()
  }

  /** Nobody gets any more of it; those who wait are told so. */
  close (): void {
    this.#closed = true
    for (const { enter } of this.#waiting.splice(0)) enter(false)
  }

  #admit (): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#taken + next.bytes <= this.size; next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#taken += next.bytes
      next.enter(true)
    }
  }
}

interface Link<T> {
  readonly value: T
  next: Link<T> | undefined
}

/** Values in the order they came. An array keeps the room of all it once held; this keeps none, and most queues of most peers are empty. */
export class Fifo<T> {
  #first: Link<T> | undefined
  #last: Link<T> | undefined

  /** The value that is next; `undefined` when there is none. */
  get first (): T | undefined {
    return this.#first?.value
  }

  push (value: T): void {
    const link: Link<T> = { value, next: undefined }
    if (this.#last === undefined) this.#first = link
    else this.#last.next = link
    this.#last = link
  }

  /** Takes the value that is next; `undefined` when there is none. */
  shift (): T | undefined {
    const link = this.#first
    if (link === undefined) return undefined
    this.#first = link.next
    if (link.next === undefined) this.#last = undefined
    return link.value
  }

  clear (): void {
    this.#first = this.#last = undefined
  }
}

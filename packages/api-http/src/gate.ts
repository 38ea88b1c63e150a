import { ApiError } from './errors.ts'

/** A cap on how many of something run at once. */
export class Gate {
  readonly #limit: number
  readonly #what: string
  #open = 0

  constructor (limit: number, what: string) {
    this.#limit = limit
    this.#what = what
  }

  /**
   * Takes a place.
   *
   * @returns a function that gives it back; idempotent.
   * @throws ApiError - API_BUSY when all are taken.
   */
  enter (): () => void {
    if (this.#open >= this.#limit) throw new ApiError('API_BUSY', `${this.#limit} ${this.#what} are open already`)
    this.#open++
    let left = false
    return () => {
      if (!left) this.#open--
      left = true
    }
  }
}

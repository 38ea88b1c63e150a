import type { BatchState } from './batch.ts'

/** What a sink is being asked about the items of a batch, and who else waits for the answer. */
interface Question {
  readonly space: string
  readonly keys: readonly string[]
  readonly followers: BatchState[]
}

/**
 * What sinks are being asked. Several peers mostly offer the same at the same time: one of their batches is asked
 * about, the others follow it, and are looked at again when it is answered.
 */
export class Questions {
  readonly #open = new Map<number, Question>()
  /** By space and key of an item. */
  readonly #about = new Map<string, Map<string, Question>>()

  /** Has a batch wait for the answer to a question that is about all it is unsure of. @returns whether there is one. */
  follow (batch: BatchState): boolean {
    const about = this.#about.get(batch.pull.space)
    const question = about?.get(batch.key(batch.unsure[0]!))
    if (question === undefined || !batch.unsure.every(i => about!.get(batch.key(i)) === question)) return false
    question.followers.push(batch)
    return true
  }

  /** A question is asked, about what a batch is unsure of. */
  begin (ticket: number, batch: BatchState): void {
    const { space } = batch.pull
    const question = { space, keys: batch.unsure.map(i => batch.key(i)), followers: [] }
    this.#open.set(ticket, question)
    let about = this.#about.get(space)
    if (about === undefined) this.#about.set(space, about = new Map())
    for (const key of question.keys) about.set(key, question)
  }

  /** A question was answered, or will not be. @returns the batches that followed it. */
  end (ticket: number): readonly BatchState[] {
    const question = this.#open.get(ticket)
    if (question === undefined) return []
    this.#open.delete(ticket)
    const about = this.#about.get(question.space)!
    for (const key of question.keys) if (about.get(key) === question) about.delete(key)
    return question.followers
  }
}

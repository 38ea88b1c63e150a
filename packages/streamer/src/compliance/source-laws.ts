import { keyOf } from '@skep/pot'
import { ID_SIZE } from '../messages.ts'
import { MAX_INDEX } from '../stream-name.ts'
import type { Batch, Source, StreamPeer } from '../type.ts'
import { eventually, holds, watch, type StreamTypeSubject, type StreamTypeSuite } from './suite.ts'

/** A peer for the halves that are tried by themselves. */
export const nobody: StreamPeer = { key: 'nobody', overlay: new Uint8Array(32), light: false }

const ITEMS = 20

/** How many indices without an item come before one that has one: none, fewer than a batch looks at, and more. */
const HOLES = [2, 0, 0, 1, 0, 5, 0, 1, 1, 0]

/** Items by their index, in order. */
type Placed = ReadonlyMap<number, string>

/** Opens the serving half over a stream of so many items. */
export async function open (subject: StreamTypeSubject, items: number): Promise<Source> {
  for (let i = 0; i < items; i++) await subject.append()
  const source = subject.server.source?.(nobody, subject.key ?? '')
  holds(source !== undefined, 'the serving half refuses a peer')
  return source
}

/** Every id from 1 to `last`, asked for at most `limit` at a time. */
export async function walk (source: Source, last: number, limit: number): Promise<Uint8Array[]> {
  const { signal } = new AbortController()
  const ids: Uint8Array[] = []
  for (let from = 1; from <= last;) {
    const batch = await source.batch(from, last, { limit, signal })
    holds(batch.ids.length <= limit, `a batch of ${batch.ids.length} ids where ${limit} were asked for`)
    holds(batch.to >= from && batch.to <= last, `a batch from ${from} to ${last} ends at ${batch.to}`)
    ids.push(...batch.ids)
    from = batch.to + 1
  }
  return ids
}

/** Fails unless an answer is exactly what lies in its range, and its range of what was asked for. */
function fits (batch: Batch, items: Placed, from: number, to: number | undefined, limit: number): void {
  const asked = `asked for ${limit} from ${from} to ${to ?? 'the end'}`
  holds(batch.from === from, `${asked}, a batch begins at ${batch.from}`)
  holds(batch.to >= from && batch.to <= (to ?? Infinity), `${asked}, a batch ends at ${batch.to}`)
  holds(batch.ids.length <= limit, `${asked}, a batch has ${batch.ids.length} ids`)
  const there = [...items].filter(([index]) => index >= from && index <= batch.to)
  const named = batch.ids.map(keyOf)
  for (const [index, id] of there) holds(named.includes(id), `${asked}, a batch up to ${batch.to} passes over the item at ${index}`)
  for (const id of named) holds(there.some(([, other]) => other === id), `${asked}, a batch up to ${batch.to} names what is not there`)
  holds(named.every((id, i) => id === there[i]?.[1]), `${asked}, a batch names items twice or in another order`)
}

/** Adds an item and tells where it is. */
async function place (source: Source, subject: StreamTypeSubject): Promise<[index: number, id: string]> {
  await subject.append()
  const { last } = await source.cursor()
  const { ids } = await source.batch(last, last, { limit: 1, signal: new AbortController().signal })
  holds(ids.length === 1, `${ids.length} ids are at the last index`)
  return [last, keyOf(ids[0]!)]
}

/** The laws of the serving half. */
export function sourceLaws (law: (name: string, body: (subject: StreamTypeSubject) => Promise<void>) => void, suite: StreamTypeSuite): void {
  law('the cursor is 0 while there is nothing, then counts up, in one epoch', async subject => {
    const source = await open(subject, 0)
    const empty = await source.cursor()
    holds(empty.last === 0, `the cursor of an empty stream is ${empty.last}`)
    holds(empty.epoch !== '' && empty.epoch.length <= 64, 'the epoch is empty or over 64 characters')
    let last = 0
    for (let i = 0; i < 5; i++) {
      await subject.append()
      const cursor = await source.cursor()
      holds(Number.isSafeInteger(cursor.last) && cursor.last > last && cursor.last <= MAX_INDEX, `the cursor went from ${last} to ${cursor.last}`)
      holds(cursor.epoch === empty.epoch, 'the epoch changed with an item')
      last = cursor.last
    }
    source.close()
  })

  law('ids are 32 bytes, and each names one item', async subject => {
    const source = await open(subject, ITEMS)
    const ids = await walk(source, (await source.cursor()).last, 128)
    holds(ids.length === ITEMS, `${ids.length} ids for ${ITEMS} items`)
    holds(ids.every(id => id.length === ID_SIZE), 'an id is not of 32 bytes')
    holds(new Set(ids.map(keyOf)).size === ids.length, 'two items have one id')
    source.close()
  })

  law('batches tile the stream, however few ids are asked for at a time', async subject => {
    const source = await open(subject, ITEMS)
    const { last } = await source.cursor()
    const whole = (await walk(source, last, 128)).map(keyOf)
    for (const limit of [1, 2, 3, 7, ITEMS - 1, ITEMS]) {
      const parts = (await walk(source, last, limit)).map(keyOf)
      holds(parts.length === whole.length && parts.every((id, i) => id === whole[i]), `${limit} at a time give other ids than all at once`)
    }
    source.close()
  })

  law('batches tile a stream with holes, and claim nothing that they do not name', async subject => {
    if (subject.skip === undefined) return
    const source = await open(subject, 0)
    const items = new Map<number, string>()
    let last = 0
    for (const hole of HOLES) {
      if (hole > 0) await subject.skip(hole)
      const [index, id] = await place(source, subject)
      holds(index > last + hole, `after ${last} and ${hole} indices without an item there is one at ${index}`)
      items.set(last = index, id)
    }
    const { signal } = new AbortController()
    for (let index = 1; index <= last; index++) {
      const batch = watch(source.batch(index, index, { limit: 128, signal }))
      await eventually(suite, () => batch.over(), `a batch of index ${index} waits, where the cursor is ${last}`)
      fits(batch.value() ?? await source.batch(index, index, { limit: 128, signal }), items, index, index, 128)
    }
    for (const limit of [1, 2, 3, 128]) {
      for (let begin = 1; begin <= last; begin++) {
        for (let to = begin; to <= last; to++) {
          // Each fits, and the next one begins after it: together they name every item once.
          for (let from = begin; from <= to;) {
            const batch = await source.batch(from, to, { limit, signal })
            fits(batch, items, from, to, limit)
            from = batch.to + 1
          }
        }
      }
    }
    source.close()
  })

  law('a batch claims nothing of what is still to come, after a hole neither', async subject => {
    const source = await open(subject, 0)
    const items = new Map([await place(source, subject), await place(source, subject)])
    for (const hole of subject.skip === undefined ? [0] : [0, 3]) {
      if (hole > 0) await subject.skip?.(hole)
      const { last } = await source.cursor()
      const asked = Array.from({ length: last + 1 }, (_, i) => i + 1).flatMap(from => [undefined, last + 1, last + 9].map(to => {
        const { signal } = new AbortController()
        return { from, to, signal, batch: watch(source.batch(from, to, { limit: 128, signal })) }
      }))
      for (let turn = 0; turn < 5; turn++) await suite.settle()
      items.set(...await place(source, subject))
      await eventually(suite, () => asked.every(({ batch }) => batch.over()), 'a batch waits on after an item has come')
      for (const { from, to, signal, batch } of asked) fits(batch.value() ?? await source.batch(from, to, { limit: 128, signal }), items, from, to, 128)
    }
    source.close()
  })

  law('a bounded batch does not wait', async subject => {
    const source = await open(subject, 5)
    const { signal } = new AbortController()
    const batch = watch(source.batch(5, (await source.cursor()).last, { limit: 128, signal }))
    await eventually(suite, () => batch.over(), 'a batch that ends at the cursor waits')
    source.close()
  })

  law('an open batch waits for the next item, and brings it', async subject => {
    const source = await open(subject, 3)
    const { last } = await source.cursor()
    const { signal } = new AbortController()
    const batch = watch(source.batch(last + 1, undefined, { limit: 128, signal }))
    for (let turn = 0; turn < 5; turn++) await suite.settle()
    holds(!batch.over(), 'a batch after the last item does not wait')
    await subject.append()
    await eventually(suite, () => batch.over(), 'a new item does not wake who waits for it')
    holds(batch.value()?.ids.length === 1, 'a new item is not in the batch that waited for it')
    source.close()
  })

  law('a batch that waits ends when it is not wanted any more', async subject => {
    const source = await open(subject, 3)
    const { last } = await source.cursor()
    const controller = new AbortController()
    const batch = watch(source.batch(last + 1, undefined, { limit: 128, signal: controller.signal }))
    await suite.settle()
    controller.abort()
    await eventually(suite, () => batch.over(), 'a batch waits on after its signal')
    source.close()
  })

  law('who asks to hear of more hears of it once, unless it takes that back', async subject => {
    const source = await open(subject, 3)
    if (source.onMore === undefined) return source.close()
    const { last } = await source.cursor()
    const heard: string[] = []
    const times = (who: string): number => heard.filter(other => other === who).length
    source.onMore(last, () => { heard.push('here') })
    await eventually(suite, () => times('here') === 1, 'nobody hears of an item that is there')
    source.onMore(last + 1, () => { heard.push('next') })
    source.onMore(last + 3, () => { heard.push('later') })
    source.onMore(last + 1, () => { heard.push('back') })()
    for (let turn = 0; turn < 5; turn++) await suite.settle()
    holds(times('next') === 0, 'somebody hears of an item that is not there')
    for (let item = 0; item < 2; item++) await subject.append()
    await eventually(suite, () => times('next') > 0, 'nobody hears of a new item')
    for (let turn = 0; turn < 5; turn++) await suite.settle()
    holds(times('later') === 0, 'somebody hears before the item that was asked for')
    await subject.append()
    await eventually(suite, () => times('later') > 0, 'nobody hears of an item further on')
    holds(times('here') === 1 && times('next') === 1 && times('later') === 1, 'somebody hears twice')
    holds(times('back') === 0, 'who took it back hears all the same')
    source.close()
  })

  law('what is said at once is what a batch would say, all of it', async subject => {
    const source = await open(subject, ITEMS)
    if (source.peek === undefined) return source.close()
    for (let item = 0; item < 3; item++) {
      const { last } = await source.cursor()
      holds(source.peek(last + 1) === undefined, 'something is said of what is still to come')
      for (let from = Math.max(1, last - 5); from <= last; from++) {
        const said = source.peek(from)
        if (said === undefined) continue
        holds(said.from === from && said.to === last, `of what there is from ${from} to ${last} it is said what is from ${said.from} to ${said.to}`)
        const ids: string[] = []
        for (let next = from; next <= last;) {
          const batch = await source.batch(next, last, { limit: 128, signal: new AbortController().signal })
          ids.push(...batch.ids.map(keyOf))
          next = batch.to + 1
        }
        holds(said.ids.map(keyOf).join() === ids.join(), `what is said at once from ${from} on are other ids than those of a batch`)
      }
      await subject.append()
    }
    source.close()
  })

  law('bodies are read in the order of the ids, and what is not there is undefined', async subject => {
    const source = await open(subject, 6)
    const { signal } = new AbortController()
    const ids = await walk(source, (await source.cursor()).last, 128)
    const forward = await source.read(ids, { signal })
    const backward = await source.read([...ids].reverse(), { signal })
    holds(forward.every(body => body !== undefined), 'an item that is offered cannot be read')
    holds(forward.every((body, i) => keyOf(body!) === keyOf(backward[ids.length - 1 - i]!)), 'bodies come in another order than the ids')
    const [absent] = await source.read([new Uint8Array(ID_SIZE).fill(0xfe)], { signal })
    holds(absent === undefined, 'there is a body for an id of nothing')
    source.close()
  })
}

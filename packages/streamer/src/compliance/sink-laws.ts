import type { Sink, StreamType } from '../type.ts'
import { nobody, open, walk } from './source-laws.ts'
import { holds, type StreamTypeSubject } from './suite.ts'

const ITEMS = 8

/** Opens an asking half. */
export function openSink (type: StreamType, subject: StreamTypeSubject): Sink {
  const sink = type.sink?.(nobody, subject.key ?? '')
  holds(sink !== undefined, 'the asking half refuses a peer')
  return sink
}

/** Ids and bodies of a stream of so many items. */
export async function content (subject: StreamTypeSubject, items: number): Promise<{ ids: Uint8Array[], bodies: Uint8Array[] }> {
  const source = await open(subject, items)
  const ids = await walk(source, (await source.cursor()).last, 128)
  const bodies = await source.read(ids, { signal: new AbortController().signal })
  source.close()
  return { ids, bodies: bodies.map(body => body!) }
}

/** The laws of the asking half. */
export function sinkLaws (law: (name: string, body: (subject: StreamTypeSubject) => Promise<void>) => void): void {
  const options = { signal: new AbortController().signal }

  law('what is absent is needed, and what was put is not', async subject => {
    const { ids, bodies } = await content(subject, ITEMS)
    const sink = openSink(subject.client, subject)
    holds((await sink.need(ids, options)).every(Boolean), 'an absent item is not needed')
    await sink.put(ids[3]!, bodies[3]!, options)
    const needed = await sink.need(ids, options)
    holds(needed.length === ids.length, `${needed.length} answers for ${ids.length} ids`)
    holds(needed.every((need, i) => need === (i !== 3)), 'after a put other items are needed than those that are absent')
    sink.close()
  })

  law('what was put is durable', async subject => {
    const { ids, bodies } = await content(subject, ITEMS)
    const sink = openSink(subject.client, subject)
    for (const [i, id] of ids.entries()) await sink.put(id, bodies[i]!, options)
    const again = openSink(await subject.reopen(), subject)
    holds((await again.need(ids, options)).every(need => !need), 'an item that was put is gone after the end of the process')
    again.close()
  })

  law('items may come in any order, and twice', async subject => {
    const { ids, bodies } = await content(subject, ITEMS)
    const sink = openSink(subject.client, subject)
    for (const i of [5, 2, 7, 2, 0, 6, 1, 4, 3, 5]) await sink.put(ids[i]!, bodies[i]!, options)
    holds((await sink.need(ids, options)).every(need => !need), 'an item is needed after it was put out of order')
    sink.close()
  })

  law('many items may be put at once', async subject => {
    const { ids, bodies } = await content(subject, ITEMS)
    const sink = openSink(subject.client, subject)
    await Promise.all(ids.map(async (id, i) => { await sink.put(id, bodies[i]!, options) }))
    const again = openSink(await subject.reopen(), subject)
    holds((await again.need(ids, options)).every(need => !need), 'an item is gone that was put while another was')
    again.close()
  })

  law('items that are put together end as each would alone', async subject => {
    const { ids, bodies } = await content(subject, ITEMS)
    const sink = openSink(subject.client, subject)
    if (sink.putMany === undefined) return sink.close()
    const wrong = subject.unverifiable === true ? -1 : 3
    const answers = await sink.putMany(ids.map((id, i) => ({ id, data: bodies[i === wrong ? i + 1 : i]! })), options)
    holds(answers.length === ids.length, `${answers.length} answers for ${ids.length} items`)
    holds(answers.every((answer, i) => (answer !== undefined) === (i === wrong)), 'an item that was put with others ends as it would not alone')
    const again = openSink(await subject.reopen(), subject)
    holds((await again.need(ids, options)).every((need, i) => need === (i === wrong)), 'after items were put together others are needed than those that were refused')
    again.close()
  })

  law('a body that is not what its id says is refused, and not kept', async subject => {
    if (subject.unverifiable === true) return
    const { ids, bodies } = await content(subject, 2)
    const sink = openSink(subject.client, subject)
    for (const wrong of [bodies[1]!, bodies[0]!.slice(0, -1), new Uint8Array(0)]) {
      const refused = await sink.put(ids[0]!, wrong, options).then(() => false, () => true)
      holds(refused, 'a wrong body was taken')
      holds((await sink.need(ids, options))[0] === true, 'a wrong body was kept')
    }
    await sink.put(ids[0]!, bodies[0]!, options)
    holds((await sink.need(ids, options))[0] === false, 'after a wrong body the right one is not taken')
    sink.close()
  })
}

import { createApi, type ApiOptions, type Metric } from '@skep/api-http'
import { expect, test } from 'vitest'
import { parseExposition } from './exposition.ts'
import { MemoryBackend } from './memory.ts'

async function scrape (metrics: readonly Metric[], options: ApiOptions = {}) {
  const node = new MemoryBackend()
  node.watched = metrics
  const response = await createApi(node, options).request('/metrics')
  return { response, text: await response.text() }
}

const peers: Metric = { name: 'skep_peers', type: 'gauge', help: 'Peers.', samples: [{ labels: { direction: 'in' }, value: 3 }, { labels: { direction: 'out' }, value: 0.5 }] }

test('metrics come in the text format of Prometheus, line by line', async () => {
  const { response, text } = await scrape([peers, { name: 'skep_bodies_total', type: 'counter', help: 'Bodies.', samples: [{ value: 7 }] }], { version: 'skep/1' })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(text).toBe([
    '# HELP skep_build_info Always 1; the label tells the version of the program.',
    '# TYPE skep_build_info gauge',
    'skep_build_info{version="skep/1"} 1',
    '# HELP skep_peers Peers.',
    '# TYPE skep_peers gauge',
    'skep_peers{direction="in"} 3',
    'skep_peers{direction="out"} 0.5',
    '# HELP skep_bodies_total Bodies.',
    '# TYPE skep_bodies_total counter',
    'skep_bodies_total 7',
    '# HELP skep_metrics_left_out Samples that are not shown because their metric has too many.',
    '# TYPE skep_metrics_left_out gauge',
    'skep_metrics_left_out 0',
    ''
  ].join('\n'))
  expect(parseExposition(text).get('skep_peers')!.samples).toEqual(peers.samples)
})

test('whatever a label or a help says comes through as it was', async () => {
  const nasty = 'a"b\\n\nc\\"},{x="1'
  const { text } = await scrape([{ name: 'skep_x', type: 'gauge', help: 'One \\ two\nthree "four".', samples: [{ labels: { a: nasty, b: '' }, value: 1 }] }])
  expect(parseExposition(text).get('skep_x')).toEqual({ type: 'gauge', help: 'One \\ two\nthree "four".', samples: [{ labels: { a: nasty, b: '' }, value: 1 }] })
})

test('numbers that are none are written as Prometheus reads them', async () => {
  const values = [NaN, Infinity, -Infinity, 1e21, -0.25]
  const { text } = await scrape([{ name: 'skep_x', type: 'gauge', help: 'X.', samples: values.map((value, i) => ({ labels: { i: `${i}` }, value })) }])
  expect(text).toContain('{i="0"} NaN\n')
  expect(parseExposition(text).get('skep_x')!.samples.map(({ value }) => value)).toEqual(values)
})

test.each([255, 256, 257])('of %i samples 256 are shown, and the rest is counted', async count => {
  const { text } = await scrape([{ name: 'skep_x', type: 'gauge', help: 'X.', samples: Array.from({ length: count }, (_, i) => ({ labels: { i: `${i}` }, value: i })) }])
  const metrics = parseExposition(text)
  expect(metrics.get('skep_x')!.samples).toHaveLength(Math.min(count, 256))
  expect(metrics.get('skep_metrics_left_out')!.samples).toEqual([{ labels: {}, value: Math.max(0, count - 256) }])
})

test.each<Metric>([
  { ...peers, name: 'skep peers' },
  { ...peers, name: 'skep_peers_total' },
  { ...peers, type: 'counter' },
  { ...peers, samples: [{ labels: { 'a b': '1' }, value: 1 }] },
  { ...peers, samples: [{ labels: { __name__: '1' }, value: 1 }] }
])('a name that the format does not allow is the node\'s fault (%#)', async metric => {
  expect((await scrape([metric])).response.status).toBe(500)
})

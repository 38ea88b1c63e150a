import type { Hono } from 'hono'
import type { Backend, Metric, MetricSample } from './backend.ts'
import type { ApiEnv } from './env.ts'
import type { ApiSettings } from './options.ts'

/** The text format of Prometheus, version 0.0.4, which every version of it reads. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** What the format allows as the name of a metric, and of a label; those that begin with `__` are Prometheus' own. */
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/

/** `GET /metrics`: the node's counters and gauges, for Prometheus to collect. */
export function metricsRoute (app: Hono<ApiEnv>, backend: Backend, options: ApiSettings): void {
  app.get('/metrics', async c => {
    const build: Metric = {
      name: 'skep_build_info',
      type: 'gauge',
      help: 'Always 1; the label tells the version of the program.',
      samples: [{ labels: { version: options.version }, value: 1 }]
    }
    c.header('content-type', CONTENT_TYPE)
    return c.body(metricsText([build, ...await backend.metrics()], options.maxMetricSamples))
  })
}

/**
 * Writes metrics in the text format of Prometheus.
 *
 * @param maxSamples - samples of one metric at most: those beyond are left out and counted in
 *   `skep_metrics_left_out`, so that labels nobody expected do not flood whoever collects.
 * @throws TypeError - for a name that the format does not allow.
 */
export function metricsText (metrics: readonly Metric[], maxSamples: number): string {
  let leftOut = 0
  let text = ''
  for (const metric of metrics) {
    text += metricText({ ...metric, samples: metric.samples.slice(0, maxSamples) })
    leftOut += Math.max(0, metric.samples.length - maxSamples)
  }
  return text + metricText({
    name: 'skep_metrics_left_out',
    type: 'gauge',
    help: 'Samples that are not shown because their metric has too many.',
    samples: [{ value: leftOut }]
  })
}

function metricText ({ name, type, help, samples }: Metric): string {
  if (!METRIC_NAME.test(name) || (type === 'counter') !== name.endsWith('_total')) throw new TypeError(`${name} is no name of a ${type}`)
  const lines = samples.map(sample => `${name}${labelsText(sample)} ${numberText(sample.value)}\n`)
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function labelsText ({ labels = {} }: MetricSample): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    if (!LABEL_NAME.test(name)) throw new TypeError(`${name} is no name of a label`)
    return `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
  })
  return pairs.length === 0 ? '' : `{${pairs.join()}}`
}

/** As Go reads numbers, which is how the format defines them. */
function numberText (value: number): string {
  if (Number.isFinite(value)) return `${value}`
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

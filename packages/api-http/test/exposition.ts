/** One metric as it was read. */
export interface Exposed {
  readonly type: string
  readonly help: string
  readonly samples: { readonly labels: Record<string, string>, readonly value: number }[]
}

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge)$/
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.+)\})? (\S+)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,(?=.)|$)/y
const NUMBER = /^(?:[+-]Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/

/**
 * Reads the text format of Prometheus, and is stricter than that: for each metric HELP, TYPE,
 * then all its samples, none twice, counters `_total` and not below zero.
 */
export function parseExposition (text: string): Map<string, Exposed> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const metrics = new Map<string, Exposed>()
  const lines = text.slice(0, -1).split('\n')
  let at = 0
  while (at < lines.length) {
    const help = HELP.exec(lines[at++]!)
    const type = TYPE.exec(lines[at++] ?? '')
    if (help === null || type === null || help[1] !== type[1]) throw new Error(`line ${at} does not begin a metric`)
    const name = help[1]!
    if (metrics.has(name)) throw new Error(`${name} comes twice`)
    if ((type[2] === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is called what it is not`)
    const samples: Exposed['samples'] = []
    const seen = new Set<string>()
    for (; at < lines.length && !lines[at]!.startsWith('#'); at++) {
      const sample = SAMPLE.exec(lines[at]!)
      if (sample === null || sample[1] !== name || !NUMBER.test(sample[3]!)) throw new Error(`line ${at + 1} is no sample of ${name}`)
      const labels = parseLabels(sample[2] ?? '')
      const key = JSON.stringify(Object.entries(labels).sort())
      if (seen.has(key)) throw new Error(`line ${at + 1} comes twice`)
      seen.add(key)
      const value = Number(sample[3]!.replace('Inf', 'Infinity'))
      if (type[2] === 'counter' && !(value >= 0)) throw new Error(`line ${at + 1}: a counter of ${value}`)
      samples.push({ labels, value })
    }
    metrics.set(name, { type: type[2]!, help: unescape(help[2]!), samples })
  }
  return metrics
}

function parseLabels (text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  for (let at = 0; at < text.length;) {
    LABEL.lastIndex = at
    const label = LABEL.exec(text)
    if (label === null || label[1]! in labels) throw new Error(`{${text}} are no labels`)
    labels[label[1]!] = unescape(label[2]!)
    at = LABEL.lastIndex
  }
  return labels
}

function unescape (text: string): string {
  return text.replace(/\\(.)/g, (_, char: string) => char === 'n' ? '\n' : char)
}

import type { Node } from './node.ts'

/** A tree as plain objects, to look at or to compare. */
export interface Shape<V> {
  readonly pin: V
  /** Proximity order to the pin above. */
  readonly po: number
  readonly size: number
  readonly bins: readonly Shape<V>[]
}

export function shapeOf<V> ({ value, po, size, bins }: Node<V>): Shape<V> {
  return { pin: value, po, size, bins: bins.map(shapeOf) }
}

/** One line per node, its bins below it and indented (pot §3, "toString"). */
export function textOf<V> (node: Node<V>, label: (value: V) => string, indent: string = '  '): string {
  const bins = node.bins.map(bin => `${textOf(bin, label, `${indent}    `)}\n`).join('')
  return `${indent}${label(node.value)} (${node.po}) ${node.size} \n${bins}`
}

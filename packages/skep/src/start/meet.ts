import type { Cluster } from './cluster.ts'
import type { GlobalView, Topology } from './oracle.ts'

/** Pause between two looks at the tables, in milliseconds. */
const LOOK = 150

/** Waits until every node's table is what the view of all nodes says it should be. */
export async function meet (cluster: Cluster, view: GlobalView): Promise<void> {
  const patience = cluster.patience()
  let fewest = Infinity
  while (true) {
    const faults = (await Promise.all(cluster.members.map(async member => {
      const topology = await cluster.ask(member, 'topology', async (client, signal) => await client.json<Topology>('/topology', { signal }))
      return view.faults(topology).map(fault => `${member.name} ${fault}`)
    }))).flat()
    if (faults.length === 0) return
    if (faults.length < fewest) patience.renew()
    fewest = Math.min(fewest, faults.length)
    patience.orThrow(() => faults.join('; '))
    await cluster.pause(LOOK)
  }
}

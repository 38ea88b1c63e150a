/**
 * Hashing on several cores: threads in Node, Web Workers in browsers.
 *
 * @packageDocumentation
 */
export { HashPool } from './pool.ts'
export type { HashPoolOptions } from './pool.ts'
export { spawnWorker } from './spawn.ts'
export type { HashWorker, WorkerEvents } from './spawn.ts'

/**
 * A Swarm node from the skep packages: createNode() and the skep command.
 *
 * @packageDocumentation
 */
export { wasmCurve } from './curve.ts'
export { memoryTransport } from './memory.ts'
export { createNode } from './node.ts'
export { rlpxTransport } from './rlpx.ts'
export { tcpTransport } from './tcp.ts'
export { NodeError, type NodeErrorCode } from './errors.ts'
export type {
  BinInfo, Download, Hello, Listener, ListenOptions, Metric, MetricSample, Node, NodeEvent, NodeOptions, PeerInfo, Status, StreamStatus, Transport, Upload
} from './types.ts'

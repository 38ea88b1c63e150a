import { SEGMENT_SIZE, SPAN_SIZE } from '../constants.ts'
import { DATA_AT, OUT_AT, ZEROS_AT } from '../kernel.ts'

/**
 * What a worker runs, in Node and in browsers alike.
 *
 * It is text, so that no bundler has to find a file; the kernel comes compiled in the
 * first message. Each later one is a batch: chunks one after another, their lengths,
 * and room for the addresses, which go back with the buffers.
 */
export const SCRIPT = /* @__PURE__ */ (() => `
const port = typeof self === 'object' && typeof self.postMessage === 'function' ? self : require('node:worker_threads').parentPort
let memory, run
port.onmessage = ({ data: message }) => {
  if (message.module !== undefined) {
    const kernel = new WebAssembly.Instance(message.module).exports
    memory = new Uint8Array(kernel.m.buffer)
    run = kernel.a
    memory.set(message.zeros, ${ZEROS_AT})
    return
  }
  const { id, data, lengths, addresses } = message
  for (let i = 0, at = 0; i < lengths.length; at += lengths[i++]) {
    memory.set(data.subarray(at, at + lengths[i]), ${DATA_AT})
    run(lengths[i] - ${SPAN_SIZE})
    addresses.set(memory.subarray(${OUT_AT}, ${OUT_AT + SEGMENT_SIZE}), i * ${SEGMENT_SIZE})
  }
  port.postMessage({ id, data, addresses }, [data.buffer, addresses.buffer])
}
`)()

import type { HttpBindings } from '@hono/node-server'

/** What handlers find in their context: Node's own request and response, when Node serves. */
export interface ApiEnv {
  Bindings: Partial<HttpBindings>
}

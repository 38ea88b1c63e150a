/**
 * A Swarm node from the skep packages: createNode() and the skep command.
 *
 * @packageDocumentation
 */
export {}

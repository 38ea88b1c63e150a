/**
 * The bzz handshake as one async function on a Conn.
 *
 * @packageDocumentation
 */
export {}

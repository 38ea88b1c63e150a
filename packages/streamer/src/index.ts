/**
 * Subscribe, offer, want, deliver: named streams that are live, historical and resumable.
 *
 * @packageDocumentation
 */
export {}

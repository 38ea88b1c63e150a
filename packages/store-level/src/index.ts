/**
 * A Store on LevelDB in Node and on IndexedDB in browsers.
 *
 * @packageDocumentation
 */
export {}

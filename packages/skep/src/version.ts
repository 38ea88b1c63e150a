/** This package's version; a test holds it against package.json. */
export const VERSION = '0.0.0'

/** How a node names its program in the hello. */
export const CLIENT = `skep/${VERSION}`

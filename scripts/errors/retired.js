/**
 * Codes that were once given and are not any more, with what stands in their place. A code is a promise: who waits for one must
 * be able to find out what became of it.
 *
 * @type {Readonly<Record<string, string>>}
 */
export const RETIRED = {};

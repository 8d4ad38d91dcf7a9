/** Whole numbers below 2^32 from a seed (mulberry32), the same on every machine. */
export function randomIntegers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Brings `count` of the entries to the front, each set of them as likely as any other (Fisher and Yates, ended early). */
export function drawFirst(entries: Int32Array, count: number, next: () => number): void {
  for (let at = 0; at < count; at++) {
    const other = at + Math.floor((next() / 2 ** 32) * (entries.length - at));
    const entry = entries[at] ?? 0;
    entries[at] = entries[other] ?? 0;
    entries[other] = entry;
  }
}

import { getRandomValues } from 'node:crypto';

let last = 0n;

/** The id of a new run: `r-` and a UUIDv7 (RFC 9562, section 5.7), so that ids of one process sort by time, also within a millisecond. */
export function newRunId(now = Date.now()): string {
  // 48 bits of milliseconds and 12 that count within one.
  const time = BigInt(now) << 12n;
  last = time > last ? time : last + 1n;
  const random = getRandomValues(new Uint8Array(8));
  const ticks = last.toString(16).padStart(15, '0');
  const tail = Buffer.from(random).toString('hex');
  const variant = ((random[0] ?? 0) & 0x3f) | 0x80;
  return `r-${ticks.slice(0, 8)}-${ticks.slice(8, 12)}-7${ticks.slice(12)}-${variant.toString(16)}${tail.slice(2, 4)}-${tail.slice(4)}`;
}

import { createHash } from 'node:crypto';
import type { Row } from '@trestle/model';

/** A text that is longer is an image, or a document: the log tells which one it was, and does not keep it. */
const LONGEST_TEXT = 4_096;

/**
 * Rows as the prediction log keeps them: numbers, short texts and short lists, the digests of what is long, and what images look like, which is
 * what drift is measured of.
 */
export const loggedRows = (
  rows: readonly Row[],
  statistics: readonly (Row | undefined)[] = [],
): readonly Row[] =>
  rows.map((row, index) =>
    Object.values(row).some(isLong) || statistics[index]
      ? {
          ...Object.fromEntries(
            Object.entries(row).map(([name, value]) => [name, isLong(value) ? digest(value) : value]),
          ),
          ...statistics[index],
        }
      : row,
  );

/** A list with more entries is a tensor that nobody will read in a log. */
const LONGEST_LIST = 256;

const isLong = (value: unknown): value is string | readonly unknown[] =>
  typeof value === 'string'
    ? value.length > LONGEST_TEXT
    : Array.isArray(value) && (value.length > LONGEST_LIST || value.flat(8).length > LONGEST_LIST);

const digest = (value: string | readonly unknown[]): string =>
  `sha256:${createHash('sha256')
    .update(typeof value === 'string' ? value : JSON.stringify(value))
    .digest('hex')}`;

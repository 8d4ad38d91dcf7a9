import { createHash } from 'node:crypto';
import type { Row } from '@trestle/model';

/** A text that is longer is an image, or a document: the log tells which one it was, and does not keep it. */
const LONGEST_TEXT = 4_096;

/**
 * Rows as the prediction log keeps them: numbers and short texts, the digests of what is long, and what images look like, which is
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

const isLong = (value: unknown): value is string => typeof value === 'string' && value.length > LONGEST_TEXT;

const digest = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

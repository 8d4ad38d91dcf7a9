import { createHash } from 'node:crypto';
import { type Row, rowLine } from './row-line.ts';

export interface SummedRows {
  readonly rows: number;
  /** A sum of the rows' SHA-256, in whatever order they come; equal where both hold the same. */
  readonly digest: string;
}

/** Adds up the digests of rows, so that their order makes no difference, and a row that is there twice does. */
export interface RowSum {
  /** @returns the SHA-256 of the row's line, in hex */
  add(row: Row, line?: string): string;
  result(): SummedRows;
}

export function rowSum(): RowSum {
  let rows = 0;
  let sum = 0n;
  return {
    add(row, line = rowLine(row)) {
      rows++;
      const digest = createHash('sha256').update(line).digest('hex');
      sum = (sum + BigInt(`0x${digest}`)) % (1n << 256n);
      return digest;
    },
    result: () => ({ rows, digest: sum.toString(16).padStart(64, '0') }),
  };
}

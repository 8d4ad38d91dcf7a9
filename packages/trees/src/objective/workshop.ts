import type { Arena } from '../wasm/arena.ts';

/** What an objective computes with where it is asked for the slopes of many rows. */
export interface Workshop {
  /** Numbers that it may keep between questions, one a row and one more where that makes them even. */
  perRow(): Float64Array;
  /** e to the power of such numbers, in place. */
  exponentials(values: Float64Array): void;
}

const evenly = (rows: number): number => 2 * Math.ceil(rows / 2);

/** Bytes of an arena that a workshop takes which keeps so many numbers a row. */
export const workshopBytes = (rows: number, perRow: number): number => 8 * evenly(rows) * perRow;

/** @param arenaOf what is there by the time that something is computed */
export function workshopIn(arenaOf: () => Arena, rows: number): Workshop {
  return {
    perRow: () => arenaOf().doubles(evenly(rows)),
    exponentials: ({ byteOffset, byteLength }) =>
      arenaOf().kernel('exponentials')(byteOffset, byteOffset + byteLength),
  };
}

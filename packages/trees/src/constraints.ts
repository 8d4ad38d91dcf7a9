import type { BoostOptions } from './options.ts';
import { columnName, type TreeTable } from './table.ts';
import { TreesError } from './trees-error.ts';

/** What splits and leaves are bound to. */
export interface Constraints {
  /** One a column: 1 where predictions may only rise with it, -1 where they may only fall. */
  readonly monotone: Int8Array | undefined;
  /** Groups of columns; those that are asked on one way from the root are of one group. */
  readonly interactions: readonly (readonly number[])[] | undefined;
}

/** Between what a leaf's step has to lie. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}
export const UNBOUND: Bounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/** @throws TRS_TREES_OPTION */
export function readConstraints(
  { monotone, interactions }: Pick<BoostOptions, 'monotone' | 'interactions'>,
  table: TreeTable,
): Constraints {
  const { width, categories } = table;
  if (monotone && monotone.length !== width)
    throw wrong('monotone', `has ${monotone.length} entries for ${width} columns`, 'Give one a column.');
  for (const [column, way] of (monotone ?? []).entries()) {
    const name = columnName(table, column);
    if (way !== 0 && way !== 1 && way !== -1)
      throw wrong('monotone', `is ${way} for "${name}"`, 'Give 1 (rising), -1 (falling) or 0 (as it comes).');
    if (way !== 0 && (categories?.[column] ?? 0) > 0)
      throw wrong('monotone', `is ${way} for "${name}", whose categories have no order`, 'Give 0 for it.');
  }
  for (const column of (interactions ?? []).flat()) {
    if (Number.isInteger(column) && column >= 0 && column < width) continue;
    throw wrong('interactions', `names column ${column} of ${width}`, `Give places from 0 to ${width - 1}.`);
  }
  const named = new Set((interactions ?? []).flat());
  const others = Array.from({ length: width }, (_, column) => column).filter((column) => !named.has(column));
  return {
    monotone: monotone?.some((way) => way !== 0) ? Int8Array.from(monotone) : undefined,
    interactions: interactions && [...interactions, others],
  };
}

/** The columns, of some, that may follow on a way on which those of some groups were asked. */
export const columnsOf = (groups: readonly (readonly number[])[], columns: Int32Array): Int32Array =>
  columns.filter((column) => groups.some((group) => group.includes(column)));

const wrong = (option: string, is: string, hint: string): TreesError =>
  new TreesError('OPTION', `"${option}" ${is}.`, hint, { option });

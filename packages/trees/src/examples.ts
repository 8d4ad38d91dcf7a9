import type { TreeTable } from './table.ts';
import { TreesError } from './trees-error.ts';

/** Rows with what is to be predicted of them. */
export interface Examples extends TreeTable {
  /** Numbers; 0 and 1 for logistic; the places of classes for softmax; relevances from 0 on for lambdaRank. */
  readonly targets: ArrayLike<number>;
  /** How much each row counts; 1 where left out. */
  readonly weights?: ArrayLike<number>;
  /** For lambdaRank: which query each row is of, as a number. */
  readonly queries?: ArrayLike<number>;
}

/** Which targets an objective learns. */
export interface AllowedTargets {
  readonly isAllowed: (target: number) => boolean;
  /** `finite numbers` */
  readonly words: string;
}

export const finiteNumbers: AllowedTargets = { isAllowed: Number.isFinite, words: 'finite numbers' };
export const twoClasses: AllowedTargets = {
  isAllowed: (target) => target === 0 || target === 1,
  words: '0 and 1',
};
export const severalClasses = (classes: number): AllowedTargets => ({
  isAllowed: (target) => Number.isInteger(target) && target >= 0 && target < classes,
  words: `whole numbers from 0 to ${classes - 1}`,
});

/** Targets and weights as doubles. @throws TRS_TREES_SHAPE, TRS_TREES_TARGET naming the row */
export function readExamples(
  { rows, targets, weights }: Examples,
  { isAllowed, words }: AllowedTargets,
  objective: string,
): { readonly targets: Float64Array; readonly weights: Float64Array } {
  for (const [what, list] of Object.entries({ targets, weights })) {
    if (!list || list.length === rows) continue;
    throw new TreesError(
      'SHAPE',
      `There are ${list.length} ${what} for ${rows} rows.`,
      `Give one of the ${what} a row.`,
      { what, rows },
    );
  }
  for (let row = 0; row < rows; row++) {
    const target = targets[row] ?? Number.NaN;
    if (isAllowed(target)) continue;
    throw new TreesError(
      'TARGET',
      `The target of row ${row} is ${target}; ${objective} learns ${words}.`,
      'Leave the row out, or take another objective.',
      { row },
    );
  }
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const weight = weights?.[row] ?? 1;
    total += weight;
    if (weight >= 0 && Number.isFinite(weight)) continue;
    throw new TreesError(
      'TARGET',
      `The weight of row ${row} is ${weight}.`,
      'Give finite weights from 0 on.',
      { row },
    );
  }
  if (!(total > 0 && Number.isFinite(total))) {
    throw new TreesError(
      'TARGET',
      `The weights of all rows add up to ${total}.`,
      'Give at least one row a weight above 0, and weights whose sum is finite.',
      { total },
    );
  }
  return {
    targets: Float64Array.from(targets),
    weights: weights ? Float64Array.from(weights) : new Float64Array(rows).fill(1),
  };
}

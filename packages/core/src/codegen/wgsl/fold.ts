import type { DType } from '../../graph/dtype.ts';
import { callOf } from './functions.ts';

export type Fold = 'sum' | 'max';

/** The value that a fold starts from. */
export const startOf = (fn: Fold, dtype: DType): number => {
  if (fn === 'sum') return 0;
  return dtype === 'float32' ? Number.NEGATIVE_INFINITY : dtype === 'int32' ? -(2 ** 31) : 0;
};

/** Two values, or fours of them, folded into one. */
export const foldOf = (fn: Fold, dtype: DType, width: 1 | 4, a: string, b: string): string =>
  callOf(fn === 'sum' ? 'add' : 'maximum', dtype, dtype, [a, b], width);

/** The four parts of a vector folded into one. */
export const foldAcross = (fn: Fold, dtype: DType, name: string): string => {
  const [left, right] = [
    ['x', 'y'],
    ['z', 'w'],
  ].map(([a, b]) => foldOf(fn, dtype, 1, `${name}.${a}`, `${name}.${b}`));
  return foldOf(fn, dtype, 1, `(${left})`, `(${right})`);
};

/**
 * Folds the elements of a shared array into its first `stride`, halving the number of invocations that work. Its first barrier
 * comes before the first read.
 */
export const foldTree = (fn: Fold, dtype: DType, memory: string, size: number, stride = 1): string =>
  `  for (var reach = ${size / 2}u; reach >= ${stride}u; reach /= 2u) {
    workgroupBarrier();
    if (lane < reach) { ${memory}[lane] = ${foldOf(fn, dtype, 1, `${memory}[lane]`, `${memory}[lane + reach]`)}; }
  }
`;

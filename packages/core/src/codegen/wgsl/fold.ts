import type { DType } from '../../graph/dtype.ts';
import type { ReduceFunction } from '../../graph/node.ts';
import { callOf } from './functions.ts';

/** The value that a fold starts from. */
export const startOf = (fn: ReduceFunction, dtype: DType): number => {
  switch (fn) {
    case 'sum':
      return 0;
    case 'max':
      return dtype === 'float32' ? Number.NEGATIVE_INFINITY : -(2 ** 31);
    case 'min':
      return dtype === 'float32' ? Number.POSITIVE_INFINITY : 2 ** 31 - 1;
  }
};

const COMBINE = { sum: 'add', max: 'maximum', min: 'minimum' } as const;

/** Two values, or fours of them, folded into one. */
export const foldOf = (fn: ReduceFunction, dtype: DType, width: 1 | 4, a: string, b: string): string =>
  callOf(COMBINE[fn], dtype, dtype, [a, b], width);

/** The four parts of a vector folded into one. */
export const foldAcross = (fn: ReduceFunction, dtype: DType, name: string): string => {
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
export const foldTree = (
  fn: ReduceFunction,
  dtype: DType,
  memory: string,
  size: number,
  stride = 1,
): string =>
  `  for (var reach = ${size / 2}u; reach >= ${stride}u; reach /= 2u) {
    workgroupBarrier();
    if (lane < reach) { ${memory}[lane] = ${foldOf(fn, dtype, 1, `${memory}[lane]`, `${memory}[lane + reach]`)}; }
  }
`;

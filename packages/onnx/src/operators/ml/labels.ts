import { make, type Tensor, texts } from '../../tensor/tensor.ts';
import { Refusal } from '../attributes.ts';

/** Labels of classes, texts or integers. */
export type Labels = readonly string[] | readonly bigint[];
export function labelsOf(
  names: readonly string[] | undefined,
  numbers: readonly bigint[] | undefined,
): Labels {
  const found = names && names.length > 0 ? names : numbers && numbers.length > 0 ? numbers : undefined;
  if (!found || (names?.length && numbers?.length))
    throw new Refusal('it has no labels of its classes, or two kinds of them');
  return found;
}
export const labelled = (labels: Labels, chosen: readonly number[]): Tensor => {
  const found = chosen.map((index) => labels[index] ?? labels[0]);
  return typeof labels[0] === 'string'
    ? texts([found.length], found.map(String))
    : make(
        'int64',
        [found.length],
        BigInt64Array.from(found, (label) => BigInt(label ?? 0)),
      );
};
export const labelType = (names: readonly string[] | undefined): 'string' | 'int64' =>
  names && names.length > 0 ? 'string' : 'int64';

export const bestOf = (row: Float64Array): number => {
  let best = 0;
  for (let i = 1; i < row.length; i++) if ((row[i] ?? 0) > (row[best] ?? 0)) best = i;
  return best;
};

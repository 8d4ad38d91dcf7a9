import type { TypedArrayOf } from '../../graph/dtype.ts';
import type { Kernel } from '../../schedule/kernel.ts';

/** Sorts each row's places by its values; equal values keep their order, and NaN is above all numbers. */
export function runArgsort(
  {
    outer,
    length,
    isDescending,
  }: Pick<Extract<Kernel, { kind: 'argsort' }>, 'outer' | 'length' | 'isDescending'>,
  values: TypedArrayOf,
  output: TypedArrayOf,
): void {
  const sign = isDescending ? -1 : 1;
  for (let row = 0; row < outer; row++) {
    const from = row * length;
    const places = Uint32Array.from({ length }, (_, at) => at).sort((p, q) => {
      const [a, b] = [values[from + p] ?? 0, values[from + q] ?? 0];
      if (a < b) return -sign;
      if (a > b) return sign;
      // Equal, or one of them is no number.
      return sign * (Number(Number.isNaN(a)) - Number(Number.isNaN(b))) || p - q;
    });
    output.set(places, from);
  }
}

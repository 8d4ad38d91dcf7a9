/**
 * The number M for which (x + M) - M rounds x to a grid on which `count` numbers of at most `largest` are added without any
 * rounding, in whatever order: sums are then the same for any order of the rows, and a difference of sums is the sum of the
 * rest. The grid is count x 2^-51 of the largest; XGBoost does the same for its sums on GPUs.
 */
export function gridFor(largest: number, count: number): number {
  const most = largest * count;
  // With |x| <= 2^e, M + x lies between 2 and 4 times 2^e, where doubles are 2^(e - 51) apart; 2^51 of those are 2^e.
  return most === 0 ? 0 : 3 * 2 ** Math.ceil(Math.log2(most));
}

/** The sum of numbers, the same in any order. */
export function exactSum(values: Float64Array): number {
  let largest = 0;
  for (let at = 0; at < values.length; at++) largest = Math.max(largest, Math.abs(values[at] ?? 0));
  const grid = gridFor(largest, values.length);
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += (values[at] ?? 0) + grid - grid;
  return sum;
}

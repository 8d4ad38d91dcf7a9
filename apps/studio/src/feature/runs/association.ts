/** Ranks from 1 on; equal values share the mean of theirs. */
function ranksOf(values: readonly number[]): readonly number[] {
  const order = [...values.keys()].sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let until = from + 1;
    while (until < order.length && values[order[until] ?? 0] === values[order[from] ?? 0]) until += 1;
    for (let at = from; at < until; at += 1) ranks[order[at] ?? 0] = (from + 1 + until) / 2;
    from = until;
  }
  return ranks;
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

/** Fewer runs than this say nothing. */
export const LEAST_RUNS = 4;

/**
 * How closely what was measured follows a parameter, from 0 to 1, over the ranks of what was measured: of numbers the size of Spearman's
 * correlation, of words the correlation ratio (Fisher 1925). Undefined where too few runs have both, or one of them never changes.
 */
export function associationOf(
  given: readonly unknown[],
  measured: readonly (number | null | undefined)[],
): { readonly strength: number; readonly rises: boolean | undefined; readonly runs: number } | undefined {
  const places = given.flatMap((value, at) =>
    value === undefined || value === null || !Number.isFinite(measured[at] ?? Number.NaN) ? [] : [at],
  );
  if (places.length < LEAST_RUNS) return undefined;
  const y = ranksOf(places.map((at) => measured[at] ?? 0));
  const values = places.map((at) => given[at]);
  const middle = mean(y);
  const whole = y.reduce((sum, one) => sum + (one - middle) ** 2, 0);
  if (whole === 0) return undefined;
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length === values.length) {
    const x = ranksOf(numbers);
    const center = mean(x);
    const spread = x.reduce((sum, one) => sum + (one - center) ** 2, 0);
    if (spread === 0) return undefined;
    const together = x.reduce((sum, one, at) => sum + (one - center) * ((y[at] ?? 0) - middle), 0);
    const rho = together / Math.sqrt(spread * whole);
    return { strength: Math.abs(rho), rises: rho > 0, runs: places.length };
  }
  const groups = new Map<string, number[]>();
  for (const [at, value] of values.entries()) {
    const key = JSON.stringify(value);
    groups.set(key, [...(groups.get(key) ?? []), y[at] ?? 0]);
  }
  // As many groups as runs explain everything and mean nothing.
  if (groups.size < 2 || groups.size === places.length) return undefined;
  const between = [...groups.values()].reduce((sum, one) => sum + one.length * (mean(one) - middle) ** 2, 0);
  return { strength: Math.sqrt(between / whole), rises: undefined, runs: places.length };
}

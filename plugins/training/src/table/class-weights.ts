/**
 * How much each row counts, so that each class counts alike: rows / (classes x rows of the class) (King and Zeng 2001). On average 1.
 *
 * @param targets class indices, one a row
 */
export function balancedWeights(targets: Float64Array): Float64Array {
  const rows = new Map<number, number>();
  for (const target of targets) rows.set(target, (rows.get(target) ?? 0) + 1);
  return targets.map((target) => targets.length / (rows.size * (rows.get(target) ?? 1)));
}

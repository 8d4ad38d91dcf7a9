import { sumOf } from '../hypothesis/chi-squared.ts';

/**
 * The Jensen–Shannon distance of two samples of counts over the same bins: the square root of the divergence to base 2,
 * between 0 (equal) and 1 (nothing in common) (J. Lin, IEEE Trans. Inf. Theory 37, 1991).
 */
export function jensenShannonDistance(reference: readonly number[], current: readonly number[]): number {
  const [referenceTotal, currentTotal] = [sumOf(reference), sumOf(current)];
  if (referenceTotal === 0 || currentTotal === 0) return 0;
  const divergence = sumOf(
    reference.map((count, k) => {
      const p = count / referenceTotal;
      const q = (current[k] ?? 0) / currentTotal;
      const middle = (p + q) / 2;
      return (relative(p, middle) + relative(q, middle)) / 2;
    }),
  );
  return Math.sqrt(Math.max(0, divergence));
}

const relative = (p: number, middle: number): number => (p === 0 ? 0 : p * Math.log2(p / middle));

import { expect } from 'vitest';
import type { Tensor } from '../src/index.ts';

const TOLERANCE = 2e-5;

/** Compares a tensor with values computed in float64, relative to their size; infinities and NaN must be exactly there. */
export async function expectValues(
  actual: Tensor,
  expected: readonly number[],
  tolerance = TOLERANCE,
): Promise<void> {
  const values = [...(await actual.data())];
  expect(values).toHaveLength(expected.length);
  for (const [i, value] of values.entries()) {
    const wanted = expected[i] ?? Number.NaN;
    if (!Number.isFinite(wanted)) expect(value, `element ${i}`).toBe(wanted);
    else
      expect(Math.abs(value - wanted), `element ${i}: ${value} for ${wanted}`).toBeLessThanOrEqual(
        tolerance * (1 + Math.abs(wanted)),
      );
  }
}

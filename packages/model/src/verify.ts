import type { Row } from './check-rows.ts';
import type { GoldenExamples } from './metadata.ts';
import type { Prediction, Verification } from './model.ts';

/** Replays golden examples: same labels, same numbers within the tolerance. */
export async function compareGolden(
  golden: GoldenExamples | undefined,
  predict: (rows: readonly Row[]) => Promise<readonly Prediction[]>,
): Promise<Verification> {
  if (!golden || golden.rows.length === 0) {
    return {
      verified: true,
      checks: [{ name: 'golden examples', passed: true, detail: 'The model brings none.' }],
    };
  }
  const actual = await predict(golden.rows);
  const wrong = golden.predictions.findIndex(
    (expected, row) => !isClose(expected, actual[row], golden.tolerance),
  );
  const passed = wrong === -1;
  const detail = passed
    ? `${golden.rows.length} of ${golden.rows.length} answered as in training.`
    : `Example ${wrong}: ${JSON.stringify(actual[wrong])} for ${JSON.stringify(golden.predictions[wrong])}.`;
  return { verified: passed, checks: [{ name: 'golden examples', passed, detail }] };
}

function isClose(expected: unknown, actual: unknown, tolerance: number): boolean {
  if (typeof expected === 'number')
    return typeof actual === 'number' && Math.abs(expected - actual) <= tolerance * (1 + Math.abs(expected));
  if (typeof expected !== 'object' || expected === null) return expected === actual;
  if (typeof actual !== 'object' || actual === null) return false;
  const members = new Map<string, unknown>(Object.entries(actual));
  return Object.entries(expected).every(([name, value]) => isClose(value, members.get(name), tolerance));
}

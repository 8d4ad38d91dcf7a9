import type { ValueInfo } from '@trestle/onnx';
import type { Row } from './check-rows.ts';
import type { DriftReference, Feature } from './metadata.ts';

/** What float32 makes of a number may be so far from it, in parts of what training saw from its least number to its greatest. */
const ROUNDING = 1e-6;

/**
 * Finds the fields of a row that reach the model as other numbers than those that stand there: whole numbers beyond 2^53, which
 * were perhaps rounded before they came here, and what float32 rounds by more than training would have left in it.
 *
 * @returns names of fields; none of almost every row
 */
export function roundedFields(
  features: readonly Feature[],
  inputs: readonly ValueInfo[],
  reference: DriftReference | undefined,
): (row: Row) => readonly string[] {
  const types = new Map(inputs.map(({ name, type }) => [name, type]));
  const spans = new Map(
    (reference?.features ?? []).flatMap((one) =>
      one.kind === 'numeric' ? [[one.name, spanOf(one.edges)] as const] : [],
    ),
  );
  const numbers = features.flatMap(({ name, type }) =>
    type === 'number' ? [{ name, isFloat32: types.get(name) === 'float32', span: spans.get(name) ?? 0 }] : [],
  );
  const isRounded = (value: number, isFloat32: boolean, span: number): boolean => {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) return true;
    if (!isFloat32) return false;
    const error = Math.abs(value - Math.fround(value));
    if (error === 0) return false;
    // Of a model that was made elsewhere nobody knows what it saw; a whole number that becomes another one may be an id.
    return span > 0 ? error > ROUNDING * span : Number.isInteger(value);
  };
  return (row) => {
    let found: string[] | undefined;
    for (const { name, isFloat32, span } of numbers) {
      const value = row[name];
      if (typeof value === 'number' && isRounded(value, isFloat32, span)) {
        found ??= [];
        found.push(name);
      }
    }
    return found ?? NONE;
  };
}

/** From the least number that was seen to the greatest; 0 where all were one, and the first edge lies just below it. */
function spanOf(edges: readonly number[]): number {
  const [least = 0, greatest = 0] = [edges[0], edges.at(-1)];
  return greatest - least > 1e-9 * Math.abs(greatest) ? greatest - least : 0;
}

const NONE: readonly string[] = [];

import type { Table } from '@trestle/features';
import type { Feature, GoldenExamples, Model } from '@trestle/model';

const EXAMPLES = 16;
const TOLERANCE = 1e-4;

/** Rows of the held-out part as a caller would send them. */
export function toRows(
  table: Table,
  features: readonly Feature[],
  indices: readonly number[],
): Record<string, unknown>[] {
  return indices.map((index) =>
    Object.fromEntries(
      features.map(({ name, type }) => {
        const column = table.columns[name];
        const value = column?.type === 'image' ? column.texts[index] : column?.values[index];
        if (value === undefined || value === '' || Number.isNaN(value)) return [name, null];
        return [name, type === 'boolean' ? value === 1 : value];
      }),
    ),
  );
}

/** Rows spread over the held-out part, one with everything missing that may be, and one with unseen categories. */
export async function goldenExamples(
  model: Model,
  held: Table,
  features: readonly Feature[],
  scaling?: { readonly centre: number; readonly scale: number },
): Promise<GoldenExamples> {
  const step = Math.max(1, Math.floor(held.rows / EXAMPLES));
  const complete = Array.from({ length: held.rows }, (_, index) => index)
    .filter((index) => index % step === 0)
    .slice(0, EXAMPLES);
  const isAllowed = (row: Readonly<Record<string, unknown>>): boolean =>
    features.every((feature) => feature.nullable || row[feature.name] !== null);
  const plain = toRows(held, features, complete).filter(isAllowed);
  const [first] = plain;
  const odd = first
    ? [
        Object.fromEntries(features.map(({ name, nullable }) => [name, nullable ? null : first[name]])),
        Object.fromEntries(
          features.map(({ name, type }) => [name, type === 'category' ? 'never seen before' : first[name]]),
        ),
      ]
    : [];
  const rows = [...plain, ...odd];
  // The tolerance is of a value's size; values that lie close together far from 0 are to be told apart all the same.
  const tolerance = scaling ? (TOLERANCE * scaling.scale) / (1 + Math.abs(scaling.centre)) : TOLERANCE;
  return { rows, predictions: [...(await model.predict(rows))], tolerance };
}

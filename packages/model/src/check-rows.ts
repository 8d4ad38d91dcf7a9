import { integerRange, isElementType, type TensorData, type ValueInfo } from '@trestle/onnx';
import { columnDims } from './foreign-model.ts';
import type { Feature } from './metadata.ts';
import { invalid, ModelError } from './model-error.ts';
import { tensorFeed } from './tensor-fields.ts';
import { readWritten, WRITTEN_EXAMPLES } from './written.ts';

export type Row = Readonly<Record<string, unknown>>;

/**
 * Turns rows into the model's inputs, one column per feature.
 *
 * @throws TRS_MODEL_ROW_INVALID naming the row (from 0), the field and the reason
 */
export function feedsOf(
  features: readonly Feature[],
  rows: readonly Row[],
  inputs: readonly ValueInfo[],
): Record<string, Omit<TensorData, 'name'>> {
  const byName = new Map(inputs.map((input) => [input.name, input]));
  const known = new Set(features.map((feature) => feature.name));
  for (const [index, row] of rows.entries()) {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw invalid(index, '', 'it is not an object of features');
    const unknown = Object.keys(row).find((field) => !known.has(field));
    if (unknown !== undefined)
      throw invalid(index, unknown, `the model has no such feature; it has ${[...known].join(', ')}`);
  }
  return Object.fromEntries(
    // Images are decoded, and come to the graph in groups of one size.
    features
      .filter(({ type }) => type !== 'image')
      .map((feature) => {
        const input = byName.get(feature.name);
        if (feature.type === 'tensor') return [feature.name, tensorFeed(feature, rows, input)];
        const values = rows.map((row, index) =>
          readValue(feature, Object.hasOwn(row, feature.name) ? row[feature.name] : undefined, index),
        );
        const dims = columnDims(input, rows.length);
        const column =
          feature.type === 'category'
            ? { type: 'string' as const, data: values.map(String) }
            : numbersOf(input?.type, feature.name, values.map(Number));
        return [feature.name, { ...column, dims }];
      }),
  );
}

/** Why a row would be refused, if looking at it refuses it. */
export function refusal(look: () => void): { readonly field: string; readonly reason: string } | undefined {
  try {
    look();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof ModelError)) throw thrown;
    return { field: String(thrown.details.field), reason: String(thrown.details.reason) };
  }
}

/** Numbers as a model that was made elsewhere declares them; ours take float32. @throws TRS_MODEL_ROW_INVALID */
function numbersOf(
  declared: string | undefined,
  name: string,
  values: readonly number[],
): Pick<TensorData, 'type' | 'data'> {
  if (declared === 'float64') return { type: declared, data: Float64Array.from(values) };
  const range = declared !== undefined && isElementType(declared) ? integerRange(declared) : undefined;
  if (declared === undefined || !isElementType(declared) || !range)
    return { type: 'float32', data: Float32Array.from(values) };
  const [least, most] = range;
  for (const [row, value] of values.entries()) {
    // A number beyond is another whole number than the one that was written.
    const fits = Number.isSafeInteger(value) && BigInt(value) >= least && BigInt(value) <= most;
    if (!fits) throw invalid(row, name, `it must be a whole number (${declared}), not ${describe(value)}`);
  }
  return { type: declared, data: values };
}

function readValue(feature: Feature, value: unknown, row: number): number | string {
  const { name, type, nullable, written } = feature;
  if (written !== undefined && typeof value === 'string' && value.trim() !== '') {
    const read = readWritten(written, value) ?? (type === 'timestamp' ? isoTime(value) : undefined);
    if (read !== undefined) return read;
    throw invalid(
      row,
      name,
      `it must be written as ${WRITTEN_EXAMPLES[written]}, or be a number, and not ${describe(value)}`,
    );
  }
  if (value === null || value === undefined) {
    if (!nullable) throw invalid(row, name, 'it is missing, and was never missing in training');
    return type === 'category' ? '' : Number.NaN;
  }
  switch (type) {
    case 'image':
    case 'text':
    case 'tensor':
    case 'category':
      if (typeof value === 'string') return value;
      throw invalid(row, name, `it must be a text, not ${describe(value)}`);
    case 'boolean':
      if (typeof value === 'boolean') return Number(value);
      throw invalid(row, name, `it must be true or false, not ${describe(value)}`);
    case 'timestamp': {
      const time = typeof value === 'string' ? isoTime(value) : value;
      if (typeof time === 'number' && Number.isFinite(time)) return time;
      throw invalid(
        row,
        name,
        `it must be an ISO 8601 time or milliseconds since 1970, not ${describe(value)}`,
      );
    }
    case 'number':
      if (typeof value === 'number' && Number.isFinite(Math.fround(value))) return value;
      throw invalid(
        row,
        name,
        typeof value === 'number' && Number.isFinite(value)
          ? `${describe(value)} is beyond ±3.4e38, which no feature may be`
          : `it must be a finite number, not ${describe(value)}`,
      );
  }
}

/** In UTC where no zone is said: the same on every machine. */
const isoTime = (text: string): number | undefined =>
  readWritten('year-month-day', text) ?? finite(Date.parse(text));

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

const describe = (value: unknown): string => {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

import type { Batch, BatchColumn, ColumnType } from '@trestle/contracts';
import type { Feature, Row } from '@trestle/model';

const TYPES: Readonly<Record<Feature['type'], ColumnType>> = {
  number: 'number',
  boolean: 'boolean',
  timestamp: 'timestamp',
  category: 'string',
  image: 'string',
  text: 'string',
  // Lists, as JSON writes them.
  tensor: 'string',
};

/**
 * How a file's columns are to be read for a model: by what it takes, and not by what they look like.
 *
 * @param asTexts where a cell that does not fit is to cost its row, and not the file
 */
export const typesOf = (features: readonly Feature[], asTexts = false): ReadonlyMap<string, ColumnType> =>
  new Map(features.map(({ name, type, written }) => [name, asTexts || written ? 'string' : TYPES[type]]));

/**
 * Rows of a batch as a model's features take them. A dataset has types of its own (a category of digits may be kept as
 * numbers), so what can be meant as the feature's type is turned into it; columns that are no features go.
 */
export function batchRows(batch: Batch, features: readonly Feature[]): Row[] {
  const columns = features.flatMap((feature) => {
    const column = batch.columns[feature.name];
    return column ? [{ name: feature.name, at: reader(feature, column) }] : [];
  });
  return Array.from({ length: batch.rows }, (_, row) =>
    Object.fromEntries(columns.map(({ name, at }) => [name, at(row)])),
  );
}

function reader(feature: Feature, column: BatchColumn): (row: number) => unknown {
  const { type } = feature;
  if (column.type === 'number' || column.type === 'timestamp') {
    const { values } = column;
    const isNumber = type === 'number' || type === 'timestamp';
    return (row) => {
      const value = values[row] ?? Number.NaN;
      if (Number.isNaN(value)) return null;
      if (type === 'boolean' && (value === 0 || value === 1)) return value === 1;
      return isNumber ? value : String(value);
    };
  }
  if (column.type === 'boolean') {
    const { values } = column;
    return (row) => {
      const value = values[row] ?? null;
      return value === null || type === 'boolean'
        ? value
        : type === 'category'
          ? String(value)
          : Number(value);
    };
  }
  const { values } = column;
  if (type === 'tensor') return (row) => listOf(values[row] ?? null);
  if ((type === 'number' && feature.written === undefined) || type === 'boolean')
    return (row) => meant(type, values[row] ?? null);
  return (row) => values[row] ?? null;
}

/** A cell of lists as JSON writes them; as it stands where it is none, so that the model names it. */
function listOf(text: string | null): unknown {
  if (text === null || !/^\s*\[/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const TRUTHS = new Map([
  ...['true', 't', 'yes', 'y', '1'].map((word) => [word, true] as const),
  ...['false', 'f', 'no', 'n', '0'].map((word) => [word, false] as const),
]);

/** A text as the number or truth that it says; as it stands where it says none, so that the model names it. */
function meant(type: 'number' | 'boolean', text: string | null): unknown {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return null;
  if (type === 'boolean') return TRUTHS.get(trimmed.toLowerCase()) ?? text;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : text;
}

import {
  DuckDBArrayValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api';

/** A value as JSON can hold it. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

const TIMESTAMPS = [
  DuckDBTimestampValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampTZValue,
];

/**
 * An engine's value as JSON: numbers stay numbers where a double holds them exactly (else they become texts), times are
 * ISO 8601 in UTC, lists and structs keep their form; everything else is what the engine would print.
 */
export function plainValue(value: DuckDBValue): PlainValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  // JSON has no infinities and no NaN.
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof DuckDBDateValue) return value.toString();
  if (TIMESTAMPS.some((kind) => value instanceof kind)) return isoTime(String(value));
  if (value instanceof DuckDBDecimalValue) return decimal(value);
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
    return value.items.map(plainValue);
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(Object.entries(value.entries).map(([key, item]) => [key, plainValue(item)]));
  if (value instanceof DuckDBMapValue)
    return value.entries.map((entry) => ({ key: plainValue(entry.key), value: plainValue(entry.value) }));
  return String(value);
}

/** `2001-01-02 03:04:05.678` or `…+00` as ISO 8601; infinite times stay words. */
function isoTime(text: string): string {
  const found = /^(-?\d+-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00)?$/.exec(text);
  return found ? `${found[1]}T${found[2]}Z` : text;
}

function decimal(value: DuckDBDecimalValue): number | string {
  const text = value.toString();
  const number = Number(text);
  // A double has 15 digits for certain.
  return text.replace(/[-.]/g, '').length <= 15 ? number : text;
}

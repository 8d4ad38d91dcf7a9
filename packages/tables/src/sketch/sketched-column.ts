import { type ColumnSketch, type ColumnType, isNumeric } from '@trestle/statistics';

export interface TypedColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** What a scan of all columns together tells of one; how many different values it has is an estimate. */
export interface Basics extends TypedColumn, Pick<ColumnSketch, 'count' | 'distinct' | 'min' | 'max'> {}

/** What the values of a column tell. */
export type ValueSketch = Omit<ColumnSketch, 'name' | 'type' | 'nulls' | 'forms'>;

/** JSON has no infinities: they are shown as words; and whole numbers that a double would round as their digits. */
export function boundOf(type: ColumnType, value: unknown): ColumnSketch['min'] {
  if (value === null || value === undefined) return null;
  if (!isNumeric(type)) return String(value);
  const number = Number(value);
  if (type === 'integer' && !Number.isSafeInteger(number)) return String(value);
  return Number.isFinite(number) ? number : String(number);
}

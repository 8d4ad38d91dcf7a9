import type { ColumnType } from '../table/column-type.ts';
import { isNumeric } from '../table/column-type.ts';

type Bound = number | string | null;

export const lowerBound = (type: ColumnType, a: Bound, b: Bound): Bound =>
  a === null || (b !== null && compareValues(type, b, a) < 0) ? b : a;

export const higherBound = (type: ColumnType, a: Bound, b: Bound): Bound =>
  a === null || (b !== null && compareValues(type, b, a) > 0) ? b : a;

/** As the engine orders them: NaN above all numbers, texts by their bytes. */
export function compareValues(type: ColumnType, a: number | string, b: number | string): number {
  if (isNumeric(type)) {
    const [x, y] = [Number(a), Number(b)];
    // Whole numbers beyond 2^53 come as their digits.
    if (x === y && type === 'integer' && Number.isFinite(x)) return Number(BigInt(a) - BigInt(b));
    return Number.isNaN(x) || Number.isNaN(y) ? Number(Number.isNaN(x)) - Number(Number.isNaN(y)) : x - y;
  }
  if (type === 'timestamp') {
    const years = yearOf(String(a)) - yearOf(String(b));
    if (years !== 0 && !Number.isNaN(years)) return years;
  }
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

/** `2024-01-31 12:00:00`, `0044-03-15 (BC)`, `infinity` */
function yearOf(moment: string): number {
  if (moment.endsWith('infinity')) return moment.startsWith('-') ? -Infinity : Infinity;
  const year = Number.parseInt(moment, 10);
  return moment.includes('BC') ? -year : year;
}

import type { Table } from '@trestle/features';
import { quantile } from '@trestle/statistics';

/** Rows of one value, or of one range, of a column. */
export interface Slice {
  readonly column: string;
  /** `= Harbour`, `<= 12`, `missing` */
  readonly where: string;
  readonly rows: number;
  /** The mean loss of these rows, and of all others. */
  readonly loss: number;
  readonly others: number;
}

const MIN_ROWS = 30;
const MOST_VALUES = 50;
const QUARTERS = [0.25, 0.5, 0.75];
/** Of that many standard errors the loss of a slice is above that of the others, so that of some hundred slices few are by chance. */
const STANDARD_ERRORS = 3.5;
const SHOWN = 10;

/**
 * The slices by one column in which a model loses significantly more than elsewhere (Welch's test), the worst first: categories,
 * truths, quarters of numbers, missing values. O(rows x columns).
 *
 * @param losses one a row
 */
export function worstSlices(table: Table, losses: Float64Array): readonly Slice[] {
  // Sums of squares of great numbers that differ little would lose what they differ by.
  const centre = losses.reduce((sum, loss) => sum + loss, 0) / Math.max(1, losses.length);
  const centred = losses.map((loss) => loss - centre);
  const all = sumsOf(centred, () => true);
  const found: Slice[] = [];
  for (const [column, { where, of }] of groups(table)) {
    const own = sumsOf(centred, of);
    const others = { rows: all.rows - own.rows, sum: all.sum - own.sum, squares: all.squares - own.squares };
    if (own.rows < MIN_ROWS || others.rows < MIN_ROWS) continue;
    const [a, b] = [meanAndError(own), meanAndError(others)];
    if (a.mean - b.mean <= STANDARD_ERRORS * Math.sqrt(a.variance + b.variance)) continue;
    found.push({ column, where, rows: own.rows, loss: centre + a.mean, others: centre + b.mean });
  }
  return found.toSorted((a, b) => b.loss - b.others - (a.loss - a.others)).slice(0, SHOWN);
}

interface Group {
  readonly where: string;
  readonly of: (row: number) => boolean;
}

function* groups({ columns }: Table): Generator<readonly [string, Group]> {
  for (const [name, column] of Object.entries(columns)) {
    if (column.type === 'image') continue;
    if (column.type === 'string') {
      const { values } = column;
      const counts = new Map<string, number>();
      for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
      const often = [...counts].filter(([, count]) => count >= MIN_ROWS).toSorted(([, a], [, b]) => b - a);
      for (const [value] of often.slice(0, MOST_VALUES))
        yield [name, { where: value === '' ? 'missing' : `= ${value}`, of: (row) => values[row] === value }];
      continue;
    }
    const { type, values } = column;
    yield [name, { where: 'missing', of: (row) => Number.isNaN(values[row]) }];
    if (type === 'boolean') {
      for (const truth of [0, 1])
        yield [name, { where: `= ${truth === 1}`, of: (row) => values[row] === truth }];
      continue;
    }
    const present = values.filter((value) => !Number.isNaN(value)).sort();
    if (present.length === 0) continue;
    const edges = [...new Set(QUARTERS.map((share) => quantile(present, share)))];
    for (const [place, high] of [...edges, Number.POSITIVE_INFINITY].entries()) {
      const low = edges[place - 1] ?? Number.NEGATIVE_INFINITY;
      const shown = (value: number): string =>
        type === 'timestamp' ? new Date(value).toISOString() : String(Number(value.toPrecision(6)));
      const where =
        low === Number.NEGATIVE_INFINITY
          ? `<= ${shown(high)}`
          : `> ${shown(low)}${high === Number.POSITIVE_INFINITY ? '' : ` and <= ${shown(high)}`}`;
      yield [
        name,
        { where, of: (row) => (values[row] ?? Number.NaN) > low && (values[row] ?? Number.NaN) <= high },
      ];
    }
  }
}

interface Sums {
  readonly rows: number;
  readonly sum: number;
  readonly squares: number;
}

function sumsOf(losses: Float64Array, of: (row: number) => boolean): Sums {
  let [rows, sum, squares] = [0, 0, 0];
  for (let row = 0; row < losses.length; row++) {
    if (!of(row)) continue;
    const loss = losses[row] ?? 0;
    rows += 1;
    sum += loss;
    squares += loss * loss;
  }
  return { rows, sum, squares };
}

/** The mean, and the variance of the mean. */
function meanAndError({ rows, sum, squares }: Sums) {
  const mean = sum / rows;
  return { mean, variance: Math.max(0, squares / rows - mean * mean) / (rows - 1) };
}

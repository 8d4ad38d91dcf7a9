import type { FeatureRecipe, FeatureSpec } from '@trestle/contracts';
import { type FeatureStep, FIRST_TOKEN, runsOf, wordsOf } from '@trestle/model';
import type { Table, TableColumn } from '../table/table.ts';
import { trainError } from '../train-error.ts';
import { quantile } from './quantile.ts';

const DAY = 86_400_000;
/** The mean lengths of the Gregorian calendar, in milliseconds. */
const PERIODS = { year: 365.2425 * DAY, month: 30.436875 * DAY, week: 7 * DAY, day: DAY };

/** What the rows of the training part are to predict: class indices or numbers, one per row. */
export interface LearntFrom {
  readonly table: Table;
  readonly targets: Float64Array;
  /** Empty for regression. */
  readonly classes: readonly string[];
}

/** The columns that a feature is made of. */
export const sourcesOf = (name: string, spec: FeatureSpec): readonly string[] =>
  spec.kind === 'cross' ? spec.columns : [spec.column ?? name];

/** Learns declared features from the training part alone. @throws TRS_TRAIN_FEATURE when a column does not suit its kind */
export const learnFeatures = (recipe: FeatureRecipe, from: LearntFrom): readonly FeatureStep[] =>
  Object.entries(recipe).flatMap(([name, spec]) => learnFeature(name, spec, from));

function learnFeature(name: string, spec: FeatureSpec, from: LearntFrom): readonly FeatureStep[] {
  const { table } = from;
  const [column = name] = sourcesOf(name, spec);
  switch (spec.kind) {
    case 'impute': {
      const impute = imputedBy(spec.impute, presentNumbers(table, column, name));
      return [{ kind: 'impute', name, column, impute, flag: spec.flag }];
    }
    case 'scale': {
      const present = presentNumbers(table, column, name);
      const impute = imputedBy(spec.impute, present);
      const [offset, spread] = spec.by === 'quartiles' ? byQuartiles(present) : byDeviation(present);
      return [{ kind: 'scale', name, column, impute, offset, scale: spread > 0 ? 1 / spread : 1 }];
    }
    case 'buckets': {
      const present = presentNumbers(table, column, name);
      const shares = Array.from({ length: spec.count - 1 }, (_, edge) => (edge + 1) / spec.count);
      const edges = [...new Set(shares.map((share) => Math.fround(quantile(present, share))))];
      return [{ kind: 'buckets', name, column, impute: imputedBy(spec.impute, present), edges }];
    }
    case 'date': {
      const impute = quantile(presentNumbers(table, column, name), 0.5);
      return spec.parts.map((part) => ({
        kind: 'cyclic',
        name: `${name} in the ${part}`,
        column,
        impute,
        period: PERIODS[part],
      }));
    }
    case 'oneHot':
      return [{ kind: 'oneHot', name, column, categories: frequent(texts(table, column, name), spec) }];
    case 'ordinal': {
      const keys = spec.order ?? [...new Set(texts(table, column, name))].sort();
      return [{ kind: 'lookup', name, column, keys, values: keys.map((_, place) => place), otherwise: -1 }];
    }
    case 'target':
      return targetMeans(name, column, spec.smoothing, texts(table, column, name), from);
    case 'hash':
      texts(table, column, name);
      return [{ kind: 'hash', name, column, buckets: spec.buckets }];
    case 'cross':
      return [learnCross(name, spec, table)];
    case 'text':
      return [learnText(name, column, spec, texts(table, column, name))];
    case 'image':
      return [learnImage(name, column, spec, columnOf(table, column, name))];
    case 'tokens':
      return [learnTokens(name, column, spec, texts(table, column, name))];
  }
}

/** @param present ascending */
function imputedBy(by: Extract<FeatureSpec, { kind: 'impute' }>['impute'], present: Float64Array): number {
  if (typeof by === 'number') return by;
  if (by === 'median') return quantile(present, 0.5);
  if (by === 'mean') return byDeviation(present)[0];
  const counts = new Map<number, number>();
  for (const value of present) counts.set(value, (counts.get(value) ?? 0) + 1);
  // Of equally frequent ones the smallest.
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0])[0];
}

function byDeviation(present: Float64Array): readonly [offset: number, spread: number] {
  let [mean, square] = [0, 0];
  for (const value of present) mean += value / present.length;
  for (const value of present) square += (value - mean) ** 2 / present.length;
  return [mean, Math.sqrt(square)];
}

const byQuartiles = (present: Float64Array): readonly [offset: number, spread: number] => [
  quantile(present, 0.5),
  quantile(present, 0.75) - quantile(present, 0.25),
];

/** One number per category; for several classes one feature for each of them. */
function targetMeans(
  name: string,
  column: string,
  smoothing: number,
  values: readonly string[],
  { targets, classes }: LearntFrom,
): readonly FeatureStep[] {
  const several = classes.length > 2 ? classes.map((label, index) => ({ label, index })) : [undefined];
  return several.map((one) => {
    const score = (row: number): number =>
      one === undefined ? (targets[row] ?? 0) : Number(targets[row] === one.index);
    const sums = new Map<string, { sum: number; count: number }>();
    let total = 0;
    for (const [row, value] of values.entries()) {
      const before = sums.get(value) ?? { sum: 0, count: 0 };
      sums.set(value, { sum: before.sum + score(row), count: before.count + 1 });
      total += score(row) / values.length;
    }
    const means = [...sums].map(
      ([key, { sum, count }]) => [key, (sum + smoothing * total) / (count + smoothing)] as const,
    );
    return {
      kind: 'lookup',
      name: one === undefined ? name : `${name} of ${one.label}`,
      column,
      keys: means.map(([key]) => key),
      values: means.map(([, mean]) => mean),
      otherwise: total,
    };
  });
}

function learnCross(name: string, spec: Extract<FeatureSpec, { kind: 'cross' }>, table: Table): FeatureStep {
  const [first, second] = [texts(table, spec.columns[0], name), texts(table, spec.columns[1], name)];
  const pairs = frequent(
    first.map((value, row) => JSON.stringify([value, second[row] ?? ''])),
    spec,
  ).map((pair): readonly [string, string] => JSON.parse(pair));
  const categories = [[...new Set(pairs.map(([a]) => a))], [...new Set(pairs.map(([, b]) => b))]] as const;
  return {
    kind: 'cross',
    name,
    columns: spec.columns,
    categories,
    pairs: pairs.map(([a, b]) => [categories[0].indexOf(a), categories[1].indexOf(b)]),
  };
}

/** Runs of words that are in enough rows, the most frequent first; spellings that differ in case are one. */
function frequentRuns(
  name: string,
  column: string,
  spec: { readonly longest: number; readonly minRows: number; readonly max: number },
  values: readonly string[],
): readonly { readonly rows: number; readonly spellings: readonly (readonly string[])[] }[] {
  const spellings = new Map<string, Map<string, readonly string[]>>();
  const rows = new Map<string, number>();
  for (const value of values) {
    const seen = new Set<string>();
    for (const run of runsOf(wordsOf(value), spec.longest)) {
      const key = run.join(' ').toLowerCase();
      spellings.set(key, (spellings.get(key) ?? new Map()).set(run.join(' '), run));
      seen.add(key);
    }
    for (const key of seen) rows.set(key, (rows.get(key) ?? 0) + 1);
  }
  const kept = [...rows]
    .filter(([, count]) => count >= spec.minRows)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, spec.max);
  if (kept.length === 0) throw unsuited(name, `no word of "${column}" is in ${spec.minRows} rows`);
  return kept.map(([key, count]) => ({ rows: count, spellings: [...(spellings.get(key)?.values() ?? [])] }));
}

/** The weight of tf-idf is ln((1 + n) / (1 + rows)) + 1, as scikit-learn's. */
function learnText(
  name: string,
  column: string,
  spec: Extract<FeatureSpec, { kind: 'text' }>,
  values: readonly string[],
): FeatureStep {
  const kept = frequentRuns(name, column, spec, values);
  const terms = kept.flatMap(({ spellings }, place) => spellings.map((words) => ({ words, column: place })));
  return {
    kind: 'text',
    name,
    column,
    terms: terms.toSorted((a, b) => a.words.length - b.words.length),
    weights: kept.map(({ rows }) =>
      spec.weigh === 'count' ? 1 : Math.log((1 + values.length) / (1 + rows)) + 1,
    ),
  };
}

function learnTokens(
  name: string,
  column: string,
  spec: Extract<FeatureSpec, { kind: 'tokens' }>,
  values: readonly string[],
): FeatureStep {
  const kept = frequentRuns(name, column, { ...spec, longest: 1 }, values);
  return {
    kind: 'tokens',
    name,
    column,
    length: spec.length,
    words: kept.flatMap(({ spellings }, place) =>
      spellings.map((words) => [words.join(' '), FIRST_TOKEN + place] as const),
    ),
  };
}

/** Mean and deviation of each channel over all pixels of all images. */
function learnImage(
  name: string,
  column: string,
  { size: [height, width], channels, normalise }: Extract<FeatureSpec, { kind: 'image' }>,
  found: TableColumn,
): FeatureStep {
  const shape = { kind: 'image', name, column, height, width, channels } as const;
  const each = Array.from({ length: channels }, (_, channel) => channel);
  if (normalise === 'none') return { ...shape, mean: each.map(() => 0), deviation: each.map(() => 255) };
  if (normalise !== 'learnt') {
    const inBytes = (value: number): number => value * 255;
    return { ...shape, mean: normalise.mean.map(inBytes), deviation: normalise.deviation.map(inBytes) };
  }
  if (found.type !== 'image') throw unsuited(name, `the images of "${column}" were not decoded`);
  const area = height * width;
  const images = found.values.length / found.perRow;
  const sums = each.map((channel) => {
    let [sum, squares] = [0, 0];
    for (let image = 0; image < images; image++) {
      const from = image * found.perRow + channel * area;
      for (let at = from; at < from + area; at++) {
        const value = found.values[at] ?? 0;
        sum += value;
        squares += value * value;
      }
    }
    const mean = sum / (images * area);
    return { mean, deviation: Math.sqrt(Math.max(0, squares / (images * area) - mean * mean)) || 1 };
  });
  return { ...shape, mean: sums.map(({ mean }) => mean), deviation: sums.map(({ deviation }) => deviation) };
}

function frequent(
  values: readonly string[],
  { minRows, max }: { readonly minRows: number; readonly max: number },
): string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const kept = [...counts]
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .filter(([, count], place) => place === 0 || count >= minRows)
    .slice(0, max);
  return kept.map(([value]) => value);
}

function presentNumbers(table: Table, column: string, name: string): Float64Array {
  const found = columnOf(table, column, name);
  if (found.type === 'string' || found.type === 'image')
    throw unsuited(
      name,
      `"${column}" holds ${found.type === 'image' ? 'images' : 'texts'}, and it is made of numbers or times`,
    );
  const present = found.values.filter((value) => !Number.isNaN(value)).sort();
  if (present.length === 0) throw unsuited(name, `"${column}" has no values in the training part`);
  return present;
}

function texts(table: Table, column: string, name: string): readonly string[] {
  const found = columnOf(table, column, name);
  if (found.type === 'string') return found.values;
  throw unsuited(name, `"${column}" holds ${found.type}s, and it is made of texts`);
}

function columnOf(table: Table, column: string, name: string): TableColumn {
  const found = table.columns[column];
  if (found) return found;
  throw unsuited(name, `there is no column "${column}"`);
}

const unsuited = (name: string, reason: string) =>
  trainError('FEATURE', {
    kind: 'invalid',
    message: `The feature "${name}" cannot be made: ${reason}.`,
    hint: 'Name its column with "column", and a kind that suits it.',
    details: { feature: name },
  });

import { type ColumnSketch, POINT_LEVELS, type TableSketch } from '@trestle/contracts';
import {
  binsBetween,
  correlationOf,
  histogramOf,
  isComplete,
  isNumeric,
  pointsIn,
  quantileAt,
  quantileOfCounts,
  shapeOf,
  TOP,
} from '@trestle/statistics';
import { COUNTED_VALUES, MOSTLY_DIFFERENT, SAMPLE_ROWS } from '@trestle/tables';
import type { ColumnProfile, Profile } from './profile-schema.ts';
import { meaningOf } from './semantic-type.ts';

const QUANTILES = [0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99];
const SHOWN_PAIRS = 50;

/** What a sketch tells a person. */
export function profileOf(sketch: TableSketch): Omit<Profile, 'dataset' | 'version'> {
  return {
    rows: sketch.rows,
    ...(sketch.rows > SAMPLE_ROWS ? { sampledRows: SAMPLE_ROWS } : {}),
    columns: sketch.columns.map((column) => profileColumn(column, sketch.rows)),
    correlations: sketch.pairs
      .map((pair) => ({ a: pair.a, b: pair.b, r: correlationOf(pair) }))
      .filter(({ r }) => Number.isFinite(r))
      .toSorted((one, other) => Math.abs(other.r) - Math.abs(one.r))
      .slice(0, SHOWN_PAIRS),
  };
}

function profileColumn(sketch: ColumnSketch, rows: number): ColumnProfile {
  const { name, type, count, nulls, distinct, min, max, lengths, moments } = sketch;
  const isMostlyDifferent = distinct > COUNTED_VALUES && distinct > MOSTLY_DIFFERENT * count;
  const points = pointsIn(sketch);
  // Where every value is counted, so is each quantile.
  const quantileOf = (share: number): number =>
    isComplete(sketch)
      ? quantileOfCounts(points, share)
      : (quantileAt(points, Math.round(share * POINT_LEVELS)) ?? Number.NaN);
  const shape = moments && moments.count > 0 ? { mean: moments.mean, ...shapeOf(moments) } : NO_SHAPE;
  const column = {
    name,
    type,
    count,
    nulls,
    distinct,
    min,
    max,
    ...shape,
    quantiles:
      isNumeric(type) && points.values.length > 0
        ? Object.fromEntries(QUANTILES.map((share) => [String(share), quantileOf(share)]))
        : null,
    top: isMostlyDifferent
      ? []
      : sketch.values.slice(0, TOP).map(([value, times]) => ({ value, count: times })),
    histogram: isNumeric(type) ? histogramOf(binsBetween(min, max), points) : [],
    lengths: lengths && { min: lengths.min, mean: lengths.sum / count, max: lengths.max },
  };
  const estimated = new Set(sketch.estimated);
  // Of whole numbers beyond 2^53 all but the bounds are of the doubles next to them.
  const isRounded = type === 'integer' && [min, max].some((bound) => typeof bound === 'string');
  const approximate: ColumnProfile['approximate'] = [
    ...(estimated.has('distinct') ? (['distinct'] as const) : []),
    ...(column.quantiles && (isRounded || !isComplete(sketch)) ? (['quantiles'] as const) : []),
    ...(column.top.length > 0 && estimated.has('frequencies') ? (['top'] as const) : []),
    ...(column.histogram.length > 0 && (isRounded || estimated.has('frequencies'))
      ? (['histogram'] as const)
      : []),
    ...(isRounded ? (['mean', 'std', 'skewness', 'kurtosis'] as const) : []),
  ];
  const described = { ...column, approximate };
  return { ...described, ...meaningOf(described, sketch.forms, rows) };
}

const NO_SHAPE = { mean: null, std: null, skewness: null, kurtosis: null };

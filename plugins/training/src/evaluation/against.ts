import type { Metrics } from '@trestle/contracts';
import { compareRocAuc, type Metric, mcnemarTest } from '@trestle/statistics';
import type { Draw } from './draws.ts';
import { intervalOf, resampled } from './intervals.ts';

/** Two ends of the distribution need more samples than an interval. */
const RESAMPLES = 500;
/** From this probability on a difference may be chance. */
const ALPHA = 0.05;

/** How two models differ in a metric on the same rows. */
export interface Difference {
  readonly metric: string;
  readonly value: number | null;
  readonly other: number | null;
  /** The model's less the other's. */
  readonly difference: number | null;
  /** 95 of 100 samples of as many rows have a difference in there. */
  readonly interval?: [number, number];
  /** The chance of such a difference between equals. */
  readonly pValue?: number;
  readonly test?: 'bootstrap' | 'DeLong' | 'McNemar';
  readonly verdict: 'better' | 'worse' | 'unclear';
}

export interface Rivals {
  /** The metrics of the one and of the other on some rows, by their places. */
  readonly measure: (places: Int32Array) => Metrics;
  readonly measureOther: (places: Int32Array) => Metrics;
  readonly rows: number;
  readonly draw: Draw;
  readonly metrics: readonly Metric[];
  /** Of two classes: what is true (0 or 1), and the probabilities that both give. */
  readonly ranked?: {
    readonly truths: Float64Array;
    readonly scores: Float64Array;
    readonly others: Float64Array;
  };
  /** On which rows each says the right class; left out where there are none. */
  readonly right?: { readonly own: Uint8Array; readonly others: Uint8Array };
  /** Whether rows belong to groups: then tests that take them as independent are not asked. */
  readonly isGrouped: boolean;
}

/**
 * Compares two models metric by metric on the same rows: differences with intervals and p-values by the paired bootstrap, of the area
 * under the ROC curve by DeLong's test, of accuracy by McNemar's. Two-sided, each metric by itself.
 */
export async function compareRivals(rivals: Rivals, signal: AbortSignal): Promise<Difference[]> {
  const { measure, measureOther, draw, metrics } = rivals;
  const all = Int32Array.from({ length: rivals.rows }, (_, row) => row);
  const [own, others] = [measure(all), measureOther(all)];
  const samples = await resampled(
    RESAMPLES,
    draw,
    (places) => differences(measure(places), measureOther(places)),
    signal,
  );
  const whole = differences(own, others);
  return Object.keys(whole).map((metric): Difference => {
    const values = samples.get(metric);
    const exact = rivals.isGrouped ? undefined : exactTest(metric, rivals);
    const pValue = exact?.pValue ?? (values && bootstrapPValue(values));
    const difference = whole[metric] ?? null;
    return {
      ...{ metric, value: own[metric] ?? null, other: others[metric] ?? null, difference },
      ...(values ? { interval: intervalOf(values) } : {}),
      ...(pValue === undefined ? {} : { pValue, test: exact?.test ?? 'bootstrap' }),
      verdict: verdictOf(metrics.find(({ name }) => name === metric)?.better, difference, pValue),
    };
  });
}

const differences = (own: Metrics, others: Metrics): Record<string, number | null> =>
  Object.fromEntries(
    Object.entries(own).map(([name, value]) => {
      const other = others[name] ?? null;
      return [name, value === null || other === null ? null : value - other];
    }),
  );

function exactTest(
  metric: string,
  { ranked, right, rows }: Rivals,
): { readonly pValue: number; readonly test: 'DeLong' | 'McNemar' } | undefined {
  if (metric === 'rocAuc' && ranked && new Set(ranked.truths).size === 2)
    return { test: 'DeLong', pValue: compareRocAuc(ranked.truths, ranked.others, ranked.scores).pValue };
  if (metric !== 'accuracy' || !right) return undefined;
  let [own, others] = [0, 0];
  for (let row = 0; row < rows; row++) {
    if (right.own[row] && !right.others[row]) own++;
    if (!right.own[row] && right.others[row]) others++;
  }
  return { test: 'McNemar', pValue: mcnemarTest(own, others) };
}

/** Two-sided, from how many samples have no difference or one to the other side; never 0, as samples are few. */
function bootstrapPValue(values: readonly number[]): number {
  const [below, above] = [values.filter((one) => one <= 0).length, values.filter((one) => one >= 0).length];
  return Math.min(1, (2 * (1 + Math.min(below, above))) / (1 + values.length));
}

function verdictOf(
  better: 'higher' | 'lower' | undefined,
  difference: number | null,
  pValue: number | undefined,
): Difference['verdict'] {
  if (better === undefined || difference === null || pValue === undefined || pValue >= ALPHA)
    return 'unclear';
  return difference > 0 === (better === 'higher') ? 'better' : 'worse';
}

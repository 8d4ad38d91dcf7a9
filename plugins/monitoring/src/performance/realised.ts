import { chiSquaredSurvival } from '@trestle/statistics';
import type { LabelledRow } from '../log/read-labelled.ts';
import type { LoggedRow } from '../log/read-window.ts';
import type { ModelFacts } from '../model-facts.ts';
import { FEWEST, type Known, knownOf, MOST_ROWS, metricsOf, momentsOf, WINDOWS } from './measured-metrics.ts';
import type { MeasuredMetric, Realised } from './model-performance.ts';
import { scoreOf } from './read-output.ts';

/** Resamplings of an interval. */
const DRAWS = 200;
/** So improbable a difference, and labels are said to be chosen. */
const CHOSEN = 0.001;
/** Shares of rows with a label under which it is said that the others may differ. */
const MOST = 0.9;

/** How good a model is on the labels that came, with what keeps them from standing for all rows. */
export function realisedOf(
  facts: ModelFacts,
  labelled: readonly LabelledRow[],
  rows: readonly LoggedRow[],
  state: Realised['state'],
  segments: readonly string[],
): Realised {
  const known = knownOf(facts, labelled);
  const oldest = known.at(-1)?.row.time ?? '';
  const predicted = rows.filter(({ time }) => time >= oldest).length;
  const share = predicted === 0 ? 1 : Math.min(1, known.length / predicted);
  const cautions: string[] = [];
  if (known.length > 0 && share < MOST) {
    cautions.push(
      `${Math.round(100 * share)} % of the rows of this time have a label: if they were chosen by what the model said, or come later for one class, the numbers are not those of all rows.`,
    );
  }
  const differ = selection(facts, known, rows);
  if (differ !== undefined) cautions.push(differ);
  if (labelled.length > known.length)
    cautions.push(
      `${labelled.length - known.length} labels or answers could not be read as the model's, and are left out.`,
    );
  if (known.length > 0 && facts.task === 'binary' && new Set(known.map(({ target }) => target)).size === 1)
    cautions.push('All labels are of one class: how rows are ranked cannot be said.');
  if (known.length > MOST_ROWS)
    cautions.push(`Metrics are of the newest ${MOST_ROWS} of ${known.length} labelled rows.`);
  const size = Math.max(FEWEST, Math.ceil(known.length / WINDOWS));
  const windows: Realised['windows'] = [];
  for (let start = 0; start + FEWEST <= known.length; start += size) {
    const part = known.slice(start, start + size);
    windows.unshift({
      from: part.at(-1)?.row.time ?? '',
      to: part[0]?.row.time ?? '',
      rows: part.length,
      metrics: metricsOf(facts, part, DRAWS / 2),
    });
  }
  const groups = segments.map((feature) => {
    const values = new Map<string, Known[]>();
    for (const one of known) {
      const value = String(one.row.input[feature] ?? one.row.output[feature] ?? '(missing)').slice(0, 100);
      values.set(value, [...(values.get(value) ?? []), one]);
    }
    const large = [...values].filter(([, part]) => part.length >= FEWEST).slice(0, 20);
    return {
      feature,
      parts: large.map(([value, part]) => ({
        value,
        rows: part.length,
        metrics: metricsOf(facts, part, DRAWS / 2),
      })),
    };
  });
  const calibration = calibrationOf(facts, known);
  return {
    state,
    labelledRows: known.length,
    predictedRows: predicted,
    cautions,
    metrics: metricsOf(facts, known, DRAWS),
    windows,
    segments: groups.flatMap(({ feature, parts }) =>
      parts.map(({ value, rows: count, metrics }) => ({
        segment: `${feature}=${value}`,
        rows: count,
        metrics,
      })),
    ),
    fairness: groups.flatMap(({ feature, parts }) => gapsOf(feature, parts)),
    ...(calibration ? { calibration } : {}),
  };
}

/** Whether rows with a label were scored otherwise than those without: labels that came for some only. */
function selection(
  facts: ModelFacts,
  known: readonly Known[],
  rows: readonly LoggedRow[],
): string | undefined {
  const have = new Set(known.map(({ row }) => `${row.prediction}/${row.row}`));
  const scores = (of: readonly LoggedRow[]): number[] =>
    of.map((row) => scoreOf(facts, row.output)).filter((score) => score !== undefined);
  const oldest = known.at(-1)?.row.time ?? '';
  const without = scores(
    rows.filter((row) => row.time >= oldest && !have.has(`${row.prediction}/${row.row}`)),
  );
  const with_ = scores(known.map(({ row }) => row));
  if (without.length < FEWEST || with_.length < FEWEST) return undefined;
  const [a, b] = [momentsOf(with_), momentsOf(without)];
  const z = (a.mean - b.mean) / Math.sqrt(a.variance / with_.length + b.variance / without.length || 1);
  if (chiSquaredSurvival(z * z, 1) >= CHOSEN) return undefined;
  return `Rows with a label were scored otherwise than those without (${a.mean.toFixed(3)} against ${b.mean.toFixed(3)} on average): labels do not come for all alike.`;
}

/** The largest minus the least of a metric over the values of a feature; the interval from those of both, as if apart. */
function gapsOf(
  feature: string,
  parts: readonly { readonly metrics: readonly MeasuredMetric[] }[],
): Realised['fairness'] {
  if (parts.length < 2) return [];
  const names = parts[0]?.metrics.map(({ metric }) => metric) ?? [];
  return names.flatMap((metric) => {
    const told = parts.flatMap(({ metrics }) =>
      metrics.filter((one) => one.metric === metric && one.value !== null && one.interval),
    );
    const sorted = told.toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0));
    const [least, most] = [sorted[0], sorted.at(-1)];
    if (!least?.interval || !most?.interval || least === most) return [];
    const gap = (most.value ?? 0) - (least.value ?? 0);
    const down = Math.hypot((most.value ?? 0) - most.interval.low, least.interval.high - (least.value ?? 0));
    const up = Math.hypot(most.interval.high - (most.value ?? 0), (least.value ?? 0) - least.interval.low);
    return [{ feature, metric, gap, interval: { low: Math.max(0, gap - down), high: gap + up } }];
  });
}

function calibrationOf(facts: ModelFacts, known: readonly Known[]): Realised['calibration'] {
  if (facts.task !== 'binary' || known.length < FEWEST) return undefined;
  const sorted = known.toSorted((a, b) => a.score - b.score);
  const count = Math.min(10, Math.floor(sorted.length / 25));
  const bins = Array.from({ length: count }, (_, k) => {
    const part = sorted.slice(
      Math.floor((k * sorted.length) / count),
      Math.floor(((k + 1) * sorted.length) / count),
    );
    const mean = (of: (one: Known) => number): number =>
      part.reduce((sum, one) => sum + of(one), 0) / part.length;
    return { predicted: mean((one) => one.score), observed: mean((one) => one.target), rows: part.length };
  });
  const error = bins.reduce(
    (sum, bin) => sum + (bin.rows / sorted.length) * Math.abs(bin.predicted - bin.observed),
    0,
  );
  return { error, bins };
}

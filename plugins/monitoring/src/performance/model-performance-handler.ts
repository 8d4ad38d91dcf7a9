import { modelsToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { chiSquaredSurvival, metricTable, type Predictions, quantile, seeded } from '@trestle/statistics';
import { metadataToken } from '@trestle/store';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
import { type LabelledRow, readLabelled } from '../log/read-labelled.ts';
import { type LoggedRow, readWindow } from '../log/read-window.ts';
import { type ModelFacts, modelFactsToken } from '../model-facts.ts';
import { monitoringConfig, rulesOf } from '../rules/monitoring-config.ts';
import { isElsewhere, type Watched, watchedOf } from '../watched.ts';
import { binaryOf, calibrate, estimateBinary, estimateRegression, recalibrated } from './estimate.ts';
import { measurePerformance } from './measure-performance.ts';
import type { Estimated, MeasuredMetric, ModelPerformance, Realised } from './model-performance.ts';
import { probabilitiesOf, scoreOf } from './read-output.ts';

const CONFIDENCE = 0.95;
/** Resamplings of an interval, and the rows that are resampled at most: the newest. */
const DRAWS = 200;
const MOST_ROWS = 2_000;
const WINDOWS = 8;
/** Rows of a window or a segment of which a metric is told. */
const FEWEST = 50;
/** Labels from which a calibration, or what errors are like, is learnt. */
const FEWEST_LABELS = 100;
/** So improbable a difference, and the estimate is not trusted. */
const DISTRUST = 0.001;
/** Shares of rows with a label under which it is said that the others may differ. */
const MOST = 0.9;

/** How good a model is on the labels that came, and how good it is estimated to be on the newest rows without them. */
export async function modelPerformance(
  ctx: Context,
  input: { readonly deployment: string },
): Promise<ModelPerformance> {
  await (await ctx.service(bufferedLogToken)).flush();
  const watched = await watchedOf(ctx, input.deployment);
  const facts = await (await ctx.service(modelFactsToken)).of(watched.model);
  const metadata = await ctx.service(metadataToken);
  const rules = rulesOf(ctx.config(monitoringConfig), watched.deployment);
  const labelled = await readLabelled(metadata, watched, rules.performance.windowRows);
  const rows = await readWindow(metadata, watched, rules.performance.windowRows);
  const verdict = await measurePerformance(ctx, watched);
  const baselines = await baselinesOf(ctx, watched);
  const withBaseline = (metrics: readonly MeasuredMetric[]): MeasuredMetric[] =>
    metrics.map((metric) => {
      const baseline = baselines[metric.metric];
      return baseline === undefined ? metric : { ...metric, baseline };
    });
  const realised = realisedOf(facts, labelled, rows, verdict.state, rules.segments);
  return {
    deployment: watched.deployment,
    model: { name: watched.model.name, version: watched.model.version },
    checkedAt: new Date().toISOString(),
    ...(facts.task === undefined ? {} : { task: facts.task }),
    confidence: CONFIDENCE,
    realised: { ...realised, metrics: withBaseline(realised.metrics) },
    estimated: estimatedOf(facts, labelled, rows, rules.performance.minRows, withBaseline),
  };
}

async function baselinesOf(ctx: Context, watched: Watched): Promise<Record<string, number>> {
  if (isElsewhere(watched)) return {};
  const model = await (await ctx.service(modelsToken)).resolve(
    `${watched.model.name}@${watched.model.version}`,
  );
  return Object.fromEntries(
    Object.entries(model.metrics).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}

/** A labelled row as numbers. */
interface Known {
  readonly row: LabelledRow;
  /** The place of its class, or its number. */
  readonly target: number;
  /** The probability of the second of two classes, or a number. */
  readonly score: number;
  /** The place of the class that was said. */
  readonly said: number;
}

function knownOf(facts: ModelFacts, rows: readonly LabelledRow[]): Known[] {
  return rows.flatMap((row): Known[] => {
    if (facts.task === 'regression') {
      const [score, target] = [scoreOf(facts, row.output), Number(row.label)];
      return score === undefined || !Number.isFinite(target) ? [] : [{ row, target, score, said: 0 }];
    }
    const target = facts.classes.indexOf(String(row.label));
    const said = facts.classes.indexOf(String(row.output.label));
    const probabilities = probabilitiesOf(facts, row.output);
    if (target < 0 || (said < 0 && !probabilities)) return [];
    return [
      {
        row,
        target,
        score: probabilities?.[1] ?? said,
        said: said < 0 ? placeOfBest(probabilities ?? []) : said,
      },
    ];
  });
}

const placeOfBest = (values: readonly number[]): number => values.indexOf(Math.max(...values));

/** All metrics of a task that are defined on these rows, with intervals by drawing rows anew (B. Efron, Ann. Statist. 7, 1979). */
function metricsOf(facts: ModelFacts, known: readonly Known[], draws: number): MeasuredMetric[] {
  const { task } = facts;
  if (task === undefined || known.length === 0) return [];
  const used = known.slice(0, MOST_ROWS);
  const predictionsOf = (places: ArrayLike<number>, ofLabels: boolean): Predictions => {
    const pick = (of: (one: Known) => number): Float64Array =>
      Float64Array.from(places, (place) => {
        const one = used[place];
        return one ? of(one) : Number.NaN;
      });
    const targets = pick((one) => one.target);
    if (task === 'binary')
      return binaryOf(
        targets,
        pick((one) => (ofLabels ? one.said : one.score)),
      );
    if (task === 'regression')
      return { task, targets, scores: pick((one) => one.score), classes: 0, threshold: 0.5 };
    // What was said stands for the probabilities where only decisions are measured.
    const classes = facts.classes.length;
    const scores = new Float64Array(places.length * classes);
    for (let row = 0; row < places.length; row++) {
      const one = used[places[row] ?? 0];
      if (!one) continue;
      const probabilities = ofLabels ? undefined : probabilitiesOf(facts, one.row.output);
      if (probabilities) scores.set(probabilities, row * classes);
      else scores[row * classes + one.said] = 1;
    }
    return { task, targets, scores, classes, threshold: 0.5 };
  };
  const all = Int32Array.from({ length: used.length }, (_, k) => k);
  const hasScores =
    task === 'regression' || used.every(({ row }) => probabilitiesOf(facts, row.output) !== undefined);
  const wanted = metricTable.filter(
    ({ tasks, isOfLabels }) => tasks.includes(task) && (hasScores || isOfLabels),
  );
  const random = seeded(1);
  const drawn = new Map<string, number[]>(wanted.map(({ name }) => [name, []]));
  if (used.length >= FEWEST)
    for (let draw = 0; draw < draws; draw++) {
      const places = Int32Array.from(all, () => Math.floor(random() * all.length));
      const [ofScores, ofLabels] = [predictionsOf(places, false), predictionsOf(places, true)];
      for (const metric of wanted) {
        const value = metric.measure(metric.isOfLabels ? ofLabels : ofScores);
        if (value !== undefined && Number.isFinite(value)) drawn.get(metric.name)?.push(value);
      }
    }
  return wanted.map((metric) => {
    const value = metric.measure(predictionsOf(all, metric.isOfLabels ?? false));
    const values = (drawn.get(metric.name) ?? []).toSorted((a, b) => a - b);
    return {
      metric: metric.name,
      better: metric.better,
      value: value === undefined || !Number.isFinite(value) ? null : value,
      ...(values.length >= draws / 2 && draws > 0
        ? {
            interval: {
              low: quantile(values, (1 - CONFIDENCE) / 2),
              high: quantile(values, (1 + CONFIDENCE) / 2),
            },
          }
        : {}),
    };
  });
}

function realisedOf(
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
  if (chiSquaredSurvival(z * z, 1) >= DISTRUST) return undefined;
  return `Rows with a label were scored otherwise than those without (${a.mean.toFixed(3)} against ${b.mean.toFixed(3)} on average): labels do not come for all alike.`;
}

function momentsOf(values: readonly number[]): { readonly mean: number; readonly variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    mean,
    variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1),
  };
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

function estimatedOf(
  facts: ModelFacts,
  labelled: readonly LabelledRow[],
  rows: readonly LoggedRow[],
  minRows: number,
  withBaseline: (metrics: readonly MeasuredMetric[]) => MeasuredMetric[],
): Estimated {
  const none = { rows: rows.length, learntFrom: 0, metrics: [], windows: [] };
  const isBinary = facts.task === 'binary' && facts.classes.length === 2;
  if (!isBinary && facts.task !== 'regression')
    return {
      ...none,
      state: 'unavailable',
      reason: 'Classifiers of more than two classes are not estimated.',
    };
  const known = knownOf(facts, labelled);
  // The older labels teach, the newer ones guard: what was learnt is not what it is judged by.
  const guard = known.slice(0, Math.floor(known.length / 2));
  const learnt = known.slice(guard.length);
  const used = rows.slice(0, MOST_ROWS).flatMap((row) => {
    const score = scoreOf(facts, row.output);
    return score === undefined
      ? []
      : [{ score, said: String(row.output.label) === facts.classes[1] ? 1 : 0, time: row.time }];
  });
  if (used.length < rows.length / 2 || used.length === 0)
    return {
      ...none,
      state: rows.length === 0 ? 'waiting' : 'unavailable',
      reason:
        rows.length === 0
          ? 'Nothing was predicted yet.'
          : 'Most answers hold no probabilities: without them, and without labels, nothing says how good they are.',
    };
  if (used.length < minRows)
    return { ...none, state: 'waiting', reason: `${used.length} rows; ${minRows} are needed.` };
  if (!isBinary) return regressionEstimate(used, learnt, guard, withBaseline);
  const isLearnt = learnt.length >= FEWEST_LABELS && new Set(learnt.map(({ target }) => target)).size === 2;
  const calibration = isLearnt
    ? calibrate(
        learnt.map(({ score }) => score),
        learnt.map(({ target }) => target),
      )
    : // Without labels the model is taken at its word.
      ({ coefficients: [0, 1], covariance: [1e-12, 0, 1e-12], rows: 0 } as const);
  const estimate = (part: typeof used): MeasuredMetric[] =>
    estimateBinary(
      part.map(({ score }) => score),
      part.map(({ said }) => said),
      calibration,
      CONFIDENCE,
    );
  const found = guardOf(guard, calibration.coefficients);
  return {
    state: found && found.pValue < DISTRUST ? 'distrusted' : 'ok',
    ...(found && found.pValue < DISTRUST
      ? {
          reason: `Of ${found.rows} labelled rows ${(100 * found.realised).toFixed(1)} % are right where ${(100 * found.estimated).toFixed(1)} % were expected: what the inputs mean has changed.`,
        }
      : isLearnt
        ? {}
        : {
            reason: `${learnt.length} labels to learn a calibration from, ${FEWEST_LABELS} are needed: the model's own probabilities are taken at their word.`,
          }),
    method: 'cbpe',
    rows: used.length,
    learntFrom: calibration.rows,
    metrics: withBaseline(estimate(used)),
    windows: windowsOf(used, estimate),
    ...(found ? { guard: found } : {}),
  };
}

function windowsOf<Row extends { readonly time: string }>(
  rows: readonly Row[],
  estimate: (part: Row[]) => MeasuredMetric[],
): Estimated['windows'] {
  const size = Math.max(FEWEST, Math.ceil(rows.length / WINDOWS));
  const windows: Estimated['windows'] = [];
  for (let start = 0; start + FEWEST <= rows.length; start += size) {
    const part = rows.slice(start, start + size);
    windows.unshift({
      from: part.at(-1)?.time ?? '',
      to: part[0]?.time ?? '',
      rows: part.length,
      metrics: estimate(part),
    });
  }
  return windows;
}

/** Right answers among labelled rows, against how many were expected: their number is a sum of events of known probabilities. */
function guardOf(known: readonly Known[], coefficients: readonly [number, number]): Estimated['guard'] {
  if (known.length < FEWEST) return undefined;
  let [expected, variance, right] = [0, 0, 0];
  for (const { score, said, target } of known) {
    const p = recalibrated(coefficients, score);
    const chance = said === 1 ? p : 1 - p;
    expected += chance;
    variance += chance * (1 - chance);
    right += said === target ? 1 : 0;
  }
  const z = (right - expected) / Math.sqrt(variance || 1);
  return {
    metric: 'accuracy',
    rows: known.length,
    estimated: expected / known.length,
    realised: right / known.length,
    pValue: chiSquaredSurvival(z * z, 1),
  };
}

function regressionEstimate(
  used: readonly { readonly score: number; readonly time: string; readonly said: number }[],
  learnt: readonly Known[],
  guard: readonly Known[],
  withBaseline: (metrics: readonly MeasuredMetric[]) => MeasuredMetric[],
): Estimated {
  const none = { rows: used.length, learntFrom: learnt.length, metrics: [], windows: [] };
  if (learnt.length < FEWEST_LABELS)
    return {
      ...none,
      state: 'waiting',
      reason: `${learnt.length} labels to learn errors from; ${FEWEST_LABELS} are needed.`,
    };
  const past = {
    predicted: learnt.map(({ score }) => score),
    errors: learnt.map(({ score, target }) => target - score),
  };
  const estimate = (part: readonly { readonly score: number }[]): MeasuredMetric[] =>
    estimateRegression(
      part.map(({ score }) => score),
      past,
      CONFIDENCE,
    );
  const sizes = [learnt, guard].map((rows) =>
    momentsOf(rows.map(({ score, target }) => Math.abs(target - score))),
  );
  const [before, now] = sizes;
  const z =
    before && now && guard.length >= FEWEST
      ? (now.mean - before.mean) /
        Math.sqrt(before.variance / learnt.length + now.variance / guard.length || 1)
      : 0;
  const found = {
    metric: 'mae',
    rows: guard.length,
    estimated: before?.mean ?? 0,
    realised: now?.mean ?? 0,
    pValue: chiSquaredSurvival(z * z, 1),
  };
  const isDistrusted = guard.length >= FEWEST && found.pValue < DISTRUST;
  return {
    state: isDistrusted ? 'distrusted' : 'ok',
    ...(isDistrusted
      ? {
          reason:
            'Errors of the newest labels are not like those of the older ones: what the inputs mean has changed.',
        }
      : {}),
    method: 'dle',
    rows: used.length,
    learntFrom: learnt.length,
    metrics: withBaseline(estimate(used)),
    windows: windowsOf(used, estimate),
    ...(guard.length >= FEWEST ? { guard: found } : {}),
  };
}

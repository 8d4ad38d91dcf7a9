import { chiSquaredSurvival } from '@trestle/statistics';
import type { LabelledRow } from '../log/read-labelled.ts';
import type { LoggedRow } from '../log/read-window.ts';
import type { ModelFacts } from '../model-facts.ts';
import { calibrate, estimateBinary, estimateRegression, recalibrated } from './estimate.ts';
import {
  CONFIDENCE,
  FEWEST,
  type Known,
  knownOf,
  MOST_ROWS,
  momentsOf,
  WINDOWS,
} from './measured-metrics.ts';
import type { Estimated, MeasuredMetric } from './model-performance.ts';
import { scoreOf } from './read-output.ts';

/** Labels from which a calibration, or what errors are like, is learnt. */
const FEWEST_LABELS = 100;
/** So improbable a difference, and the estimate is not trusted. */
const DISTRUST = 0.001;

/** How good a model is estimated to be on the newest rows without labels, guarded by those that came. */
export function estimatedOf(
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
  const newest = rows.slice(0, MOST_ROWS);
  const used = newest.flatMap((row) => {
    const score = scoreOf(facts, row.output);
    return score === undefined
      ? []
      : [{ score, said: String(row.output.label) === facts.classes[1] ? 1 : 0, time: row.time }];
  });
  if (used.length < newest.length / 2 || used.length === 0)
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

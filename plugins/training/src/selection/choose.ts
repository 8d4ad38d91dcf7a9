import type { EstimatorCandidate, Metrics, SearchParams, TrainingSpec } from '@trestle/contracts';
import { baselineOf, measureBaseline } from '../evaluation/baseline.ts';
import { judged as judgedBy, measure, properMetric, scoreOf } from '../evaluation/metrics.ts';
import { metricOfThreshold, tunedThreshold } from '../evaluation/threshold.ts';
import { outputsOf, type Prepared } from '../preparation/prepare.ts';
import { targetsOf } from './designs.ts';
import { selectEnsemble } from './ensemble.ts';
import type { Fold } from './folds.ts';
import { weightsOf } from './row-weights.ts';
import { sharpened, sharpness } from './sharpen.ts';

/** How something did on the rows that judge. */
export interface Measured {
  readonly metrics: Metrics;
  /** From this probability on a row is of the positive class of two. */
  readonly threshold: number;
}

/** A candidate that was tried. */
export interface Judged extends Measured {
  readonly candidate: EstimatorCandidate;
  /** What was drawn for it, where it is a trial. */
  readonly params?: SearchParams | undefined;
  /** What one row takes in a model of it alone, where that has a limit. */
  readonly milliseconds?: number | undefined;
  readonly rounds: number;
  readonly seconds: number;
  /** What it says of the rows that judge, where an ensemble may be made of it. */
  readonly scores?: Float64Array | undefined;
}

/** What each candidate counts, and how that did. */
export interface Choice extends Measured {
  /** They add up to 1. */
  readonly weights: readonly number[];
  /** What log odds are multiplied by: 1 where probabilities stay as they are. */
  readonly sharpness: number;
}

/** Measures scores of the rows that folds hold, one fold behind the other. */
export function judgeOf(prepared: Prepared, spec: TrainingSpec, folds: readonly Fold[]) {
  const { task, classes } = prepared.target;
  const targets = Float64Array.from(folds.flatMap(({ held }) => [...targetsOf(prepared, held)]));
  const weights = weightsOf(spec, targets);
  const { metric } = prepared.deciding;
  return {
    measure(scores: Float64Array): Measured {
      const threshold =
        spec.threshold === 'tuned'
          ? tunedThreshold(metricOfThreshold(metric), targets, scores)
          : spec.threshold;
      return {
        threshold,
        metrics: finite(measure(task, targets, scores, classes.length, threshold, prepared.metrics)),
      };
    },
    /** The proper score; less is better. */
    loss(scores: Float64Array): number {
      const value = judgedBy(task, targets, scores, classes.length, weights);
      return properMetric(task).better === 'lower' ? value : -value;
    },
    /** Whoever learns nothing, on the same rows. */
    baseline() {
      const known = baselineOf(task, targetsOf(prepared, prepared.split.train), classes, metric);
      const metrics = finite(measureBaseline(known, task, targets, classes.length, prepared.metrics));
      return { name: known.name, metrics };
    },
  };
}

export type Judge = ReturnType<typeof judgeOf>;

/** The candidate that is best by the deciding metric; the first where none is a number. */
export function chooseOne({ deciding }: Prepared, judged: readonly Judged[]): Choice {
  const score = ({ metrics }: Measured): number => scoreOf(deciding.metric, metrics);
  const best = judged.reduce((most, one) => (score(one) > score(most) ? one : most));
  return {
    weights: judged.map((one) => Number(one === best)),
    sharpness: 1,
    metrics: best.metrics,
    threshold: best.threshold,
  };
}

/**
 * The ensemble that loses least by the proper score, which varies less than what ranks or labels; the best candidate alone where that
 * is better by the deciding metric.
 *
 * @param limit the milliseconds that one row may take: of an ensemble those of its members together
 */
export function chooseEnsemble(
  prepared: Prepared,
  judged: readonly Judged[],
  judge: Judge,
  limit: number,
): Choice {
  const one = chooseOne(prepared, judged);
  const scores = judged.flatMap((each) => each.scores ?? []);
  if (scores.length !== judged.length || !scores.some((each) => Number.isFinite(judge.loss(each))))
    return one;
  const times = judged.map(({ milliseconds = 0 }) => milliseconds);
  const weights = selectEnsemble(scores, judge.loss, { times, limit });
  const mean = new Float64Array(scores[0]?.length ?? 0);
  for (const [place, of] of scores.entries())
    for (let at = 0; at < mean.length; at++)
      mean[at] = (mean[at] ?? 0) + (weights[place] ?? 0) * (of[at] ?? 0);
  const outputs = outputsOf(prepared);
  const by = sharpness(prepared.target.task, mean, outputs, judge.loss);
  const together = { weights, sharpness: by, ...judge.measure(sharpened(mean, outputs, by)) };
  const { metric } = prepared.deciding;
  return scoreOf(metric, together.metrics) >= scoreOf(metric, one.metrics) ? together : one;
}

/** A metric that a part does not have (of one class there is no ROC curve) is left out: JSON has no word for it. */
const finite = (metrics: Metrics): Metrics =>
  Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));

import {
  type Design,
  type Encoding,
  type EstimatorCandidate,
  estimators,
  type FitOptions,
  type FittedEstimator,
  type Metrics,
  type RunRecorder,
  type Task,
  type TrainingSpec,
} from '@trestle/contracts';
import { designCategories, designColumns, encodeDesign } from '@trestle/features';
import { type Context, didYouMean, invariant, type Scope } from '@trestle/kernel';
import { inFloat64 } from '@trestle/model';
import type { GraphPart } from '@trestle/onnx';
import { breathe } from '../breathe.ts';
import { baselineOf, measureBaseline } from '../evaluation/baseline.ts';
import { judged, measure, properMetric } from '../evaluation/metrics.ts';
import { metricOfThreshold, tunedThreshold } from '../evaluation/threshold.ts';
import { type Learnt, learnPreprocessing } from '../preprocessing/learn.ts';
import { balancedWeights } from '../table/class-weights.ts';
import { type Split, splitAtRandom } from '../table/split.ts';
import { takeRows } from '../table/table.ts';
import { trainError } from '../train-error.ts';
import type { Prepared } from './prepare.ts';

/** The part of the training rows that chooses between candidates and says when to stop. */
const VALIDATION_SHARE = 0.2;

/** What one candidate reached on the validation part, and how long it took to get there. */
export interface Tried {
  readonly candidate: EstimatorCandidate;
  readonly rounds: number;
  readonly metrics: Metrics;
  /** From this probability on a row is of the positive class of two. */
  readonly threshold: number;
  readonly seconds: number;
}

/** The wanted candidates. @throws TRS_TRAIN_ESTIMATOR_UNAVAILABLE, TRS_TRAIN_TRIALS_UNAVAILABLE */
export function candidatesFor(scope: Scope, spec: TrainingSpec): readonly EstimatorCandidate[] {
  if (spec.trials > 1) {
    throw trainError('TRIALS_UNAVAILABLE', {
      kind: 'invalid',
      message: `--trials ${spec.trials} is not available yet: there is no search over more settings.`,
      hint: 'Leave --trials out; each estimator tries its few usual settings on the validation part.',
    });
  }
  const every = scope.extensions(estimators).flat();
  const all = spec.classWeight === 'none' ? every : every.filter(({ takesWeights }) => takesWeights);
  if (spec.estimator === 'auto') return all;
  const unweighted = every.find((one) => !one.takesWeights && isCalled(one, spec.estimator));
  if (spec.classWeight !== 'none' && unweighted) {
    throw trainError('WEIGHTS_UNAVAILABLE', {
      kind: 'invalid',
      message: `--class-weight ${spec.classWeight}: the estimator "${unweighted.estimator}" takes no weights.`,
      hint: `Leave it out, or use ${[...new Set(all.map(({ estimator }) => estimator))].join(', ')}.`,
    });
  }
  const wanted = all.filter((one) => isCalled(one, spec.estimator));
  if (wanted.length > 0) return wanted;
  const names = [...new Set(all.map(({ estimator }) => estimator))];
  throw trainError('ESTIMATOR_UNAVAILABLE', {
    kind: 'invalid',
    message: `There is no estimator "${spec.estimator}".${didYouMean(spec.estimator, names)}`,
    hint: `Use auto, ${names.join(', ')}, or a plugin that brings it.`,
  });
}

const isCalled = ({ estimator, aliases }: EstimatorCandidate, name: string): boolean =>
  estimator === name || aliases.includes(name);

export const outputsOf = ({ target }: Prepared): number =>
  target.task === 'multiclass' ? target.classes.length : 1;

/** Learns the preprocessing from some rows alone. */
export async function learn(
  prepared: Prepared,
  rows: Int32Array,
  encoding: Encoding,
  signal: AbortSignal,
): Promise<Learnt> {
  await breathe(signal);
  const from = {
    table: takeRows(prepared.table, rows),
    targets: targetsOf(prepared, rows),
    classes: prepared.target.classes,
  };
  return await learnPreprocessing(from, prepared.candidates, prepared.declared, encoding, signal);
}

export const targetsOf = (prepared: Prepared, rows: Int32Array): Float64Array =>
  Float64Array.from(rows, (row) => invariant(prepared.target.values[row], `the target of row ${row}`));

/** So many rows are encoded in well under a second. */
const ENCODED_AT_ONCE = 16_384;

/** A design matrix of some rows. */
async function designOf(
  prepared: Prepared,
  learnt: Learnt,
  rows: Int32Array,
  signal: AbortSignal,
): Promise<Design> {
  const width = designColumns(learnt.design).length;
  const matrix = new Float32Array(rows.length * width);
  for (let from = 0; from < rows.length; from += ENCODED_AT_ONCE) {
    await breathe(signal);
    const part = takeRows(prepared.table, rows.subarray(from, from + ENCODED_AT_ONCE));
    const columns = Object.fromEntries(
      Object.entries(part.columns).map(([name, column]) => [name, column.values]),
    );
    matrix.set(encodeDesign(learnt.design, columns, part.rows).matrix, from * width);
  }
  return { rows: rows.length, width, matrix, categories: designCategories(learnt.design) };
}

/** Fits every candidate on one part of the training rows and measures it on the rest: the held-out part has no say. */
export async function tryCandidates(
  ctx: Context,
  prepared: Prepared,
  spec: TrainingSpec,
  recorder: RunRecorder,
): Promise<{
  readonly tried: readonly Tried[];
  readonly baseline: { readonly name: string; readonly metrics: Metrics };
}> {
  const { task, classes } = prepared.target;
  const candidates = candidatesFor(ctx, spec).filter(({ tasks }) => tasks.includes(task));
  if (candidates.length === 0) {
    throw trainError('ESTIMATOR_UNAVAILABLE', {
      kind: 'invalid',
      message: `The estimator "${spec.estimator}" is not made for a ${task} target.`,
      hint: 'Use another one, or auto.',
    });
  }
  const { train, test: held } = validationSplit(prepared, spec);
  const designsIn = designsOf(prepared, train, held, ctx.signal);
  const heldTargets = targetsOf(prepared, held);
  const fittedTargets = targetsOf(prepared, train);
  const scaling = targetScaling(task, fittedTargets);
  const { name, better } = properMetric(task);
  const weights = weightsOf(spec, fittedTargets);
  const heldWeights = weightsOf(spec, heldTargets);
  const measured = (scores: ArrayLike<number>, threshold: number): Metrics =>
    finite(measure(task, heldTargets, scores, classes.length, threshold, prepared.metrics));
  const tried: Tried[] = [];
  for (const [index, candidate] of candidates.entries()) {
    const curve: number[] = [];
    let best: { readonly score: number; readonly scores: ArrayLike<number> } | undefined;
    const judge = (predictions: Float32Array): number => {
      // Of others than the best round only what decides is of use, and ranking all rows each round would take longer than a tree.
      const scores = scaling.back(predictions);
      const value = judged(task, heldTargets, scores, classes.length, heldWeights);
      const score = better === 'higher' ? value : -value;
      if (Number.isFinite(value)) {
        // A candidate's curve, as it grows.
        recorder.log({ [`validation/${candidate.label}`]: value }, curve.length);
        curve.push(value);
      }
      if (!best || score > best.score) best = { score, scores: Float64Array.from(scores) };
      return score;
    };
    const done = await recorder.step(`fit ${candidate.label}`, async () => {
      const began = performance.now();
      const design = await designsIn(candidate.encoding);
      const fitted = await candidate.fit(design.fitted, {
        task,
        targets: scaling.scaled,
        outputs: outputsOf(prepared),
        ...(weights ? { weights } : {}),
        seed: spec.seed,
        signal: ctx.signal,
        validation: { design: design.held, judge },
        onRound(fraction, values) {
          const last = curve.at(-1);
          ctx.progress({
            step: `${candidate.estimator} ${index + 1}/${candidates.length}`,
            fraction: (0.75 * (index + fraction)) / candidates.length,
            values: { ...values, ...(last === undefined ? {} : { [name]: last }) },
          });
        },
      });
      const { scores } = invariant(best, `a verdict on ${candidate.label}`);
      const threshold =
        spec.threshold !== 'tuned'
          ? spec.threshold
          : tunedThreshold(metricOfThreshold(prepared.deciding.metric), heldTargets, scores);
      const seconds = (performance.now() - began) / 1000;
      return { rounds: fitted.rounds, metrics: measured(scores, threshold), threshold, seconds };
    });
    tried.push({ candidate, ...done });
  }
  const baseline = baselineOf(task, fittedTargets, classes, prepared.deciding.metric);
  const metrics = finite(measureBaseline(baseline, task, heldTargets, classes.length, prepared.metrics));
  return { tried, baseline: { name: baseline.name, metrics } };
}

/** How much each row counts; undefined where all do alike. */
const weightsOf = ({ classWeight }: TrainingSpec, targets: Float64Array): Float64Array | undefined =>
  classWeight === 'balanced' ? balancedWeights(targets) : undefined;

/** The designs that candidates are fitted to and judged by, made when one first asks for its encoding. */
function designsOf(prepared: Prepared, train: Int32Array, held: Int32Array, signal: AbortSignal) {
  let made: { readonly encoding: Encoding; readonly fitted: Design; readonly held: Design } | undefined;
  return async (encoding: Encoding) => {
    if (made?.encoding === encoding) return made;
    // One at a time: candidates of an estimator follow each other, and two may be more than there is memory for.
    made = undefined;
    const learnt = await learn(prepared, train, encoding, signal);
    made = {
      encoding,
      fitted: await designOf(prepared, learnt, train, signal),
      held: await designOf(prepared, learnt, held, signal),
    };
    return made;
  };
}

/** A metric that a part does not have (of one class there is no ROC curve) is left out: JSON has no word for it. */
const finite = (metrics: Metrics): Metrics =>
  Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));

function validationSplit(prepared: Prepared, spec: TrainingSpec): Pick<Split, 'train' | 'test'> {
  const { train, kind } = prepared.split;
  const strata = prepared.target.task === 'regression' ? undefined : prepared.target.values;
  const atRandom = (): Split => splitAtRandom(train, VALIDATION_SHARE, spec.seed + 1, strata);
  if (kind !== 'time') return atRandom();
  // The training rows are in the order of time, so their tail is the latest.
  const from = Math.round(train.length * (1 - VALIDATION_SHARE));
  const earlier = train.slice(0, from);
  const differs = new Set(Array.from(earlier, (row) => prepared.target.values[row])).size > 1;
  // With one class before the tail there would be nothing to choose by.
  return differs ? { train: earlier, test: train.slice(from) } : atRandom();
}

/** From so much rounding on, in deviations, numbers are brought back in float64. */
const ROUNDING = 1e-6;
/** Beyond these products leave the range of float32. */
const [LARGE, SMALL] = [1e30, 1e-30];

/** Numbers are learnt with mean 0 and standard deviation 1, whatever their unit. */
function targetScaling(task: Task, targets: Float64Array) {
  if (task !== 'regression')
    return {
      scaled: targets,
      back: (values: Float32Array): ArrayLike<number> => values,
      head: same,
      exact: undefined,
    };
  let [mean, square] = [0, 0];
  for (const value of targets) mean += value / targets.length;
  for (const value of targets) square += (value - mean) ** 2 / targets.length;
  const deviation = Math.sqrt(square) || 1;
  const furthest = Math.abs(mean) + deviation;
  const isFine = furthest * 2 ** -24 <= ROUNDING * deviation && furthest < LARGE && deviation > SMALL;
  return {
    /** Where float32 could not tell the numbers apart: what brings them back in float64. */
    exact: isFine ? undefined : { centre: mean, scale: deviation },
    scaled: targets.map((value) => (value - mean) / deviation),
    back: (values: Float32Array): ArrayLike<number> =>
      Float64Array.from(values, (value) => value * deviation + mean),
    head:
      (head: GraphPart): GraphPart =>
      (graph, design) => {
        if (!isFine) return inFloat64(head, { centre: mean, scale: deviation })(graph, design);
        const scalar = (value: number): string => graph.constant('float32', [1], Float32Array.of(value));
        const spread = graph.add('Mul', [head(graph, design), scalar(deviation)]);
        return graph.add('Add', [spread, scalar(mean)]);
      },
  };
}

const same = (head: GraphPart): GraphPart => head;

/** What was fitted in the end. */
export interface Fitted {
  readonly head: GraphPart;
  /** Of a regression whose values come in float64: where they lie. */
  readonly exact: { readonly centre: number; readonly scale: number } | undefined;
  readonly notes: readonly string[];
}

/** Fits the chosen candidate on some rows, for as many rounds as served it best. */
export async function fitFinal(
  ctx: Context,
  prepared: Prepared,
  learnt: Learnt,
  { candidate, rounds }: Tried,
  spec: TrainingSpec,
  rows: Int32Array,
): Promise<Fitted> {
  const { task } = prepared.target;
  const targets = targetsOf(prepared, rows);
  const scaling = targetScaling(task, targets);
  const weights = weightsOf(spec, targets);
  const options: FitOptions = {
    task,
    targets: scaling.scaled,
    outputs: outputsOf(prepared),
    ...(weights ? { weights } : {}),
    seed: spec.seed,
    signal: ctx.signal,
    rounds,
    onRound: (fraction) =>
      ctx.progress({
        step: `fitting ${candidate.estimator} on ${rows.length} rows`,
        fraction: 0.75 + 0.15 * fraction,
      }),
  };
  const design = await designOf(prepared, learnt, rows, ctx.signal);
  const fitted: FittedEstimator = await candidate.fit(design, options);
  return { head: scaling.head(fitted.head), exact: scaling.exact, notes: fitted.notes ?? [] };
}

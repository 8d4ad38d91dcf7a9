import type { EstimatorCandidate, TrainingSpec } from '@trestle/contracts';
import { type Context, invariant } from '@trestle/kernel';
import { judged, properMetric } from '../evaluation/metrics.ts';
import type { FittedParts } from '../graph/open-fitted.ts';
import { rowTimeOf } from '../graph/row-time.ts';
import { outputsOf, type Prepared } from '../preparation/prepare.ts';
import { type designsOf, targetsOf } from './designs.ts';
import type { Fold } from './folds.ts';
import { weightsOf } from './row-weights.ts';
import { targetScaling } from './target-scaling.ts';

export interface TryOptions {
  readonly folds: readonly Fold[];
  readonly designs: ReturnType<typeof designsOf>;
  readonly spec: TrainingSpec;
  /** What it may take; Infinity where there is no hurry. */
  readonly seconds: number;
  /** Whether it has to come to something, however long that takes. */
  readonly isNeeded: boolean;
  /** The proper score after each round of the first fold. */
  readonly onScore: (value: number, round: number) => void;
  readonly onProgress: (fraction: number, values: Readonly<Record<string, number>>) => void;
}

export interface Outcome {
  readonly seconds: number;
  /** The rounds that served best, over all folds. */
  readonly rounds: number;
  /** Of the held rows of all folds, one fold behind the other: probabilities, or values in the unit of the target. */
  readonly scores: Float64Array;
  /** What one row takes in a model of a fold, where that has a limit. */
  readonly milliseconds?: number;
}

/** What a fold came to. */
interface OfFold {
  readonly rounds: number;
  readonly scores: Float64Array;
  /** Not there where time ended it. */
  readonly parts?: FittedParts;
}

/** Fits a candidate on each fold and keeps what its best round says of the held rows; undefined scores where time was over before. */
export async function tryCandidate(
  ctx: Context,
  prepared: Prepared,
  candidate: EstimatorCandidate,
  options: TryOptions,
): Promise<
  | Outcome
  | {
      readonly seconds: number;
      readonly rounds?: undefined;
      readonly scores?: undefined;
      readonly milliseconds?: undefined;
    }
> {
  const { folds } = options;
  const began = performance.now();
  const spent = (): number => (performance.now() - began) / 1e3;
  const found: OfFold[] = [];
  for (const [place, fold] of folds.entries()) {
    const outcome = await fitFold(ctx, prepared, candidate, options, {
      ...{ place, fold },
      seconds: (options.seconds - spent()) / (folds.length - place),
    });
    if (!outcome) return { seconds: spent() };
    found.push(outcome);
  }
  const scores = new Float64Array(found.reduce((sum, one) => sum + one.scores.length, 0));
  let at = 0;
  for (const one of found) {
    scores.set(one.scores, at);
    at += one.scores.length;
  }
  const rounds = Math.round(found.reduce((sum, one) => sum + one.rounds, 0) / found.length);
  const outcome = { rounds: Math.max(1, rounds), scores };
  if (options.spec.inferLimit === undefined) return { seconds: spent(), ...outcome };
  const [held] = folds.map((fold) => fold.held);
  const parts = found.findLast((one) => one.parts)?.parts;
  // What was ended before a model of it could be opened may be too slow.
  if (!parts || !held) return { seconds: spent() };
  const milliseconds = await rowTimeOf(prepared, options.spec, parts, held);
  return { seconds: spent(), ...outcome, milliseconds };
}

async function fitFold(
  ctx: Context,
  prepared: Prepared,
  candidate: EstimatorCandidate,
  { folds, designs, spec, isNeeded, onScore, onProgress }: TryOptions,
  { place, fold, seconds }: { readonly place: number; readonly fold: Fold; readonly seconds: number },
): Promise<OfFold | undefined> {
  const { task, classes } = prepared.target;
  const { name, better } = properMetric(task);
  const targets = targetsOf(prepared, fold.fitted);
  const scaling = targetScaling(task, targets);
  const weights = weightsOf(spec, targets);
  const heldTargets = targetsOf(prepared, fold.held);
  const heldWeights = weightsOf(spec, heldTargets);
  const design = await designs(place, candidate.encoding);
  const late = new AbortController();
  const clock = { isOver: false };
  let best: { readonly score: number; readonly rounds: number; readonly scores: Float64Array } | undefined;
  let [rounds, last] = [0, Number.NaN];
  const end = (): void => {
    clock.isOver = true;
    if (best || !isNeeded) late.abort(new Error('Time is over.'));
  };
  const timer = Number.isFinite(seconds) ? setTimeout(end, Math.max(0, seconds) * 1e3) : undefined;
  try {
    const fitted = await candidate.fit(design.fitted, {
      task,
      targets: scaling.scaled,
      outputs: outputsOf(prepared),
      ...(weights ? { weights } : {}),
      seed: spec.seed,
      signal: AbortSignal.any([ctx.signal, late.signal]),
      validation: {
        design: design.held,
        judge(predictions) {
          rounds += 1;
          const scores = scaling.back(predictions);
          // What ranks or labels would take longer than a tree, and vary more.
          const value = judged(task, heldTargets, scores, classes.length, heldWeights);
          const score = better === 'higher' ? value : -value;
          if (Number.isFinite(value)) {
            last = value;
            if (place === 0) onScore(value, rounds - 1);
          }
          if (!best || score > best.score) best = { score, rounds, scores };
          if (clock.isOver) end();
          return score;
        },
      },
      onRound(fraction, values) {
        onProgress((place + fraction) / folds.length, {
          ...values,
          ...(Number.isNaN(last) ? {} : { [name]: last }),
        });
      },
    });
    return {
      rounds: fitted.rounds,
      scores: invariant(best, `a verdict on ${candidate.label}`).scores,
      parts: { ...design.learnt, head: scaling.head(fitted.head), exact: scaling.exact },
    };
  } catch (thrown) {
    ctx.signal.throwIfAborted();
    if (!late.signal.aborted) throw thrown;
    return best;
  } finally {
    clearTimeout(timer);
  }
}

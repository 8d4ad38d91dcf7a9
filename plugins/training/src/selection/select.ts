import {
  type EstimatorCandidate,
  millisecondsOf,
  type RunRecorder,
  type TrainingSpec,
} from '@trestle/contracts';
import { type Context, invariant } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import type { Prepared } from '../preparation/prepare.ts';
import { trainError } from '../train-error.ts';
import { candidatesFor } from './candidates.ts';
import { chooseEnsemble, chooseOne, type Judge, type Judged, judgeOf, type Measured } from './choose.ts';
import { designsOf } from './designs.ts';
import { validationOf } from './folds.ts';
import { type Proposal, trialsOf } from './trials.ts';
import { tryCandidate } from './try-candidate.ts';

/** What `auto` may take when nothing is said. */
const USUAL_BUDGET = '60s';
/** What is chosen is fitted to the training rows and then to all, each time in somewhat more than a fold takes. */
const FITS_TO_COME = 2.5;
/** A candidate may take so much of what is left: the next ones may be better. */
const SHARE_OF_REST = 0.5;

/** One candidate, how it did, and what it counts in what is kept: 0 where it is not chosen, of all together 1. */
export interface Tried extends Omit<Judged, 'scores'> {
  readonly weight: number;
}

/** What was chosen, and how it did on the rows that judged. */
export interface Selection extends Measured {
  readonly tried: readonly Tried[];
  /** What the log odds of all together are multiplied by. */
  readonly sharpness: number;
  /** What the model is called after: the estimator of all that is chosen, or `ensemble`. */
  readonly estimator: string;
  /** How candidates were judged, in words. */
  readonly validation: string;
  readonly baseline: ReturnType<Judge['baseline']>;
  readonly notes: readonly string[];
  /** The choice of those of which one row takes no longer than so many milliseconds; none where there is none. */
  within(limit: number): Selection | undefined;
}

/**
 * Fits every candidate that there is time for on folds of the training rows, and chooses: of one estimator the best settings, of
 * `auto` the ensemble that loses least. The held-out part has no say. Each candidate is a step of the run.
 *
 * @throws TRS_TRAIN_ESTIMATOR_UNAVAILABLE, TRS_TRAIN_BUDGET, TRS_TRAIN_INFER_LIMIT
 */
export async function select(
  ctx: Context,
  prepared: Prepared,
  spec: TrainingSpec,
  recorder: RunRecorder,
): Promise<Selection> {
  const candidates = suitable(ctx, prepared, spec);
  const validation = validationOf(prepared, spec);
  const options = {
    folds: validation.folds,
    designs: designsOf(prepared, validation.folds, ctx.signal),
    spec,
  };
  const judge = judgeOf(prepared, spec, validation.folds);
  const isEnsemble = spec.estimator === 'auto' && spec.quality !== 'fast';
  const budget = budgetOf(spec);
  const judged: Judged[] = [];
  const passed: string[] = [];
  let spent = 0;
  const trials = trialsOf(candidates, spec, prepared.deciding.metric);
  const toTry = candidates.length + trials.count;
  for (let index = 0; index < toTry; index++) {
    const usual = candidates[index];
    const { candidate, params }: Proposal = usual
      ? { candidate: usual }
      : trials.propose(index - candidates.length, judged);
    const toCome = (FITS_TO_COME * spent) / validation.folds.length;
    const rest = (budget - spent - toCome) / (1 + FITS_TO_COME / validation.folds.length);
    if (rest <= 0 && judged.length > 0) {
      passed.push(candidate.label);
      // Of settings that were not drawn yet nothing is known but how many there are.
      if (!usual) {
        const more = toTry - index - 1;
        if (more > 0) passed.push(`${more} more trials`);
        break;
      }
      continue;
    }
    const outcome = await recorder.step(`fit ${candidate.label}`, async (step): Promise<Kept> => {
      const { seconds, rounds, scores, milliseconds } = await tryCandidate(step, prepared, candidate, {
        ...options,
        seconds: SHARE_OF_REST * rest,
        isNeeded: judged.length === 0,
        onScore: (value, round) => recorder.log({ [`validation/${candidate.label}`]: value }, round),
        onProgress: (fraction, values) =>
          ctx.progress({
            step: `${candidate.label}, ${index + 1} of ${toTry}`,
            fraction: 0.75 * Math.max((index + fraction) / toTry, Math.min(1, spent / budget)),
            values,
          }),
      });
      if (!scores) return { seconds };
      // For a run that is taken up again: an ensemble is chosen of what all of them said.
      const kept = isEnsemble
        ? {
            scores: (await recorder.artifact(`scores/${candidate.label}`, new Uint8Array(scores.buffer)))
              .digest,
          }
        : {};
      const found = {
        rounds,
        ...judge.measure(scores),
        ...(milliseconds === undefined ? {} : { milliseconds }),
      };
      return { seconds, found, ...kept };
    });
    spent += outcome.seconds;
    if (!outcome.found) passed.push(candidate.label);
    else
      judged.push({
        ...{ candidate, params, seconds: outcome.seconds, ...outcome.found },
        scores: outcome.scores === undefined ? undefined : await keptScores(ctx, outcome.scores),
      });
  }
  if (judged.length === 0) {
    throw trainError('BUDGET', {
      kind: 'invalid',
      message: `Nothing could be fitted within ${spec.budget ?? USUAL_BUDGET}.`,
      hint: 'Give more time with --budget.',
    });
  }
  const limit = spec.inferLimit === undefined ? Number.POSITIVE_INFINITY : millisecondsOf(spec.inferLimit);
  checkLimit(spec, judged, limit);
  const within = (bound: number): Selection | undefined => {
    const quick = judged.filter((one) => isWithin(one, bound));
    if (quick.length === 0) return undefined;
    const { weights, ...chosen } = isEnsemble
      ? chooseEnsemble(prepared, quick, judge, bound)
      : chooseOne(prepared, quick);
    const weightOf = new Map(quick.map((one, place) => [one, weights[place] ?? 0]));
    const members = judged.filter((one) => (weightOf.get(one) ?? 0) > 0);
    return {
      estimator: members.length === 1 ? (members[0]?.candidate.estimator ?? spec.estimator) : 'ensemble',
      tried: judged.map((one) => {
        const { scores: _, ...kept } = one;
        return { ...kept, weight: weightOf.get(one) ?? 0 };
      }),
      validation: validation.how,
      ...chosen,
      baseline: judge.baseline(),
      notes: [
        ...(passed.length > 0
          ? [`Not tried for lack of time: ${passed.join(', ')}. More of it can be given with --budget.`]
          : []),
        ...(chosen.sharpness === 1
          ? []
          : [
              `Probabilities are made ${chosen.sharpness > 1 ? 'surer' : 'less sure'}, in the same order: log odds times ${chosen.sharpness.toPrecision(3)}, with which the rows that judge are likelier.`,
            ]),
      ],
      within,
    };
  };
  return invariant(within(limit), 'a candidate within the limit');
}

/** Whether one row takes no longer, where that was measured. */
const isWithin = ({ milliseconds }: Judged, limit: number): boolean =>
  limit === Number.POSITIVE_INFINITY || (milliseconds ?? Number.NaN) <= limit;

/** @throws TRS_TRAIN_INFER_LIMIT where one row of no candidate takes no longer than it may */
function checkLimit({ inferLimit }: TrainingSpec, judged: readonly Judged[], limit: number): void {
  if (judged.some((one) => isWithin(one, limit))) return;
  const time = ({ milliseconds = Number.NaN }: Judged): number => milliseconds;
  const [fastest] = judged.toSorted((one, other) => time(one) - time(other));
  throw trainError('INFER_LIMIT', {
    kind: 'invalid',
    message: `No candidate answers one row within ${inferLimit}; the fastest, ${fastest?.candidate.label}, takes ${fastest?.milliseconds?.toPrecision(2)} ms on this machine.`,
    hint: 'Raise --infer-limit, leave columns out (--exclude), or give more time (--budget) where few candidates were tried.',
  });
}

/** What the step of a candidate keeps; nothing found where time was over before. */
interface Kept {
  readonly seconds: number;
  readonly found?: Measured & { readonly rounds: number; readonly milliseconds?: number };
  /** The digest of its scores. */
  readonly scores?: string;
}

/** In seconds. */
const budgetOf = ({ budget, estimator }: TrainingSpec): number =>
  budget === undefined && estimator !== 'auto'
    ? Number.POSITIVE_INFINITY
    : millisecondsOf(budget ?? USUAL_BUDGET) / 1e3;

/** @throws TRS_TRAIN_ESTIMATOR_UNAVAILABLE */
function suitable(ctx: Context, { target }: Prepared, spec: TrainingSpec): readonly EstimatorCandidate[] {
  const candidates = candidatesFor(ctx, spec).filter(({ tasks }) => tasks.includes(target.task));
  if (candidates.length > 0) return candidates;
  throw trainError('ESTIMATOR_UNAVAILABLE', {
    kind: 'invalid',
    message: `The estimator "${spec.estimator}" is not made for a ${target.task} target.`,
    hint: 'Use another one, or auto.',
  });
}

async function keptScores(ctx: Context, digest: string): Promise<Float64Array> {
  const blobs = await ctx.service(blobsToken);
  return new Float64Array((await blobs.read(digest)).slice().buffer);
}

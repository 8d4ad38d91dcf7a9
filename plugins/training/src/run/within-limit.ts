import { millisecondsOf, type TrainingSpec } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { rowTime } from '../graph/row-time.ts';
import type { Prepared } from '../preparation/prepare.ts';
import type { Selection } from '../selection/select.ts';
import { type FittedRows, fitRows } from './fit-rows.ts';

/** How often it is chosen anew where all together take longer than their members did. */
const MOST_CHOICES = 4;

/**
 * What was chosen, or less of it: fitted to all training rows and in one graph, members may take longer than alone on a fold. Where
 * one row then takes too long, it is chosen again with so much less.
 */
export async function chooseWithinLimit(
  ctx: Context,
  spec: TrainingSpec,
  prepared: Prepared,
  run: string,
  chosen: Selection,
): Promise<Selection> {
  if (spec.inferLimit === undefined) return chosen;
  const limit = millisecondsOf(spec.inferLimit);
  let [bound, kept] = [limit, chosen];
  for (let choice = 1; choice < MOST_CHOICES; choice++) {
    const fitted = await fitRows(ctx, spec, prepared, run, kept, prepared.split.train);
    const taken = await timeOf(prepared, fitted);
    if (taken <= limit) return kept;
    // What is kept takes no more than its members did; the next one has to take less than these.
    bound = Math.min(bound, sumOfMembers(kept)) * (limit / taken);
    const next = chosen.within(bound);
    if (!next) return kept;
    kept = next;
  }
  return kept;
}

/** What one row takes in the very model that is packaged. */
export async function limitNotes(
  prepared: Prepared,
  { inferLimit }: TrainingSpec,
  fitted: FittedRows,
): Promise<readonly string[]> {
  if (inferLimit === undefined) return [];
  const taken = await timeOf(prepared, fitted);
  const isMore = taken > millisecondsOf(inferLimit);
  return [
    `One row takes ${taken.toPrecision(2)} ms in the model, alone and on this machine: ${isMore ? `more than the ${inferLimit} of --infer-limit, which its members met on a fold` : `within the ${inferLimit} of --infer-limit`}.`,
  ];
}

const timeOf = async (prepared: Prepared, { model, fitted, rows }: FittedRows): Promise<number> =>
  await rowTime(model, prepared, fitted.features, rows);

const sumOfMembers = ({ tried }: Selection): number =>
  tried.reduce((sum, { weight, milliseconds = 0 }) => (weight > 0 ? sum + milliseconds : sum), 0);

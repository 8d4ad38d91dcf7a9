import { type Run, runSchema, trackingToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { fits } from '@trestle/store';
import { trainError } from '../train-error.ts';

/** A training that was tracked. @throws TRS_TRAIN_UNKNOWN_RUN, TRS_TRAIN_NO_TRAINING when the run is of another kind */
export async function readRun(scope: Scope, id: string): Promise<Run> {
  const tracking = await scope.service(trackingToken);
  const run = await tracking.get(id);
  if (run.kind !== 'training') {
    throw trainError('NO_TRAINING', {
      kind: 'conflict',
      message: `The run "${id}" is no training but a ${run.kind}.`,
      hint: 'See "trestle run list --kind training".',
    });
  }
  const { test = {}, train = {} } = run.metrics;
  const series = Object.entries(await tracking.series(id));
  const read = fits(runSchema, {
    ...run,
    metrics: run.status === 'succeeded' ? { train, test } : {},
    curves: Object.fromEntries(series.map(([name, values]) => [name.replace(/^validation\//, ''), values])),
  });
  if (read.value && run.unreadable === undefined) return read.value;
  throw trainError('RUN_UNREADABLE', {
    kind: 'conflict',
    message: `The record of the run "${id}" cannot be read: ${run.unreadable ?? read.unreadable}.`,
    hint: 'Train again; other runs are not affected.',
    details: { run: id },
  });
}

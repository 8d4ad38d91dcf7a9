import { type Run, runSchema, trackingToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
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
  return runSchema.parse({
    ...run,
    metrics: run.status === 'succeeded' ? { train, test } : {},
    curves: Object.fromEntries(series.map(([name, values]) => [name.replace(/^validation\//, ''), values])),
  });
}

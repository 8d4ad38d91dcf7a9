import type { Training } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { compare } from './run/compare.ts';
import { readRun } from './run/runs.ts';
import { train } from './run/train.ts';
import { trainError } from './train-error.ts';

/** The service that other plugins train and compare through. */
export const trainingService = (scope: Scope): Training => ({
  train,
  compare,
  run: (id) => readRun(scope, id),
  async modelBytes(run) {
    if (run.modelDigest === undefined) {
      throw trainError('NO_MODEL', {
        kind: 'conflict',
        message: `The run ${run.run} ${run.status} and has no model.`,
        hint: 'Train again.',
      });
    }
    return await (await scope.service(blobsToken)).read(run.modelDigest);
  },
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { estimator, estimators } from '@trestle/contracts';
import { contribute, type Host, plugin } from '@trestle/kernel';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainingPlugin, trainOperation } from '../src/index.ts';
import { claims } from './claims.test.setup.ts';

/** An estimator that names no ranges. */
const fixed = plugin({
  name: 'fixed',
  version: '1.0.0',
  contributions: [
    contribute(
      estimators,
      estimator({
        name: 'fixed',
        tasks: ['regression'],
        space: [{}],
        describe: () => '',
        load: async () => () => {
          throw new Error('is not reached');
        },
      }),
    ),
  ],
});

describe('settings that are searched within a training', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin, trackingPlugin, trainingPlugin, fixed]);
    await writeFile(join(project.dir, 'claims.csv'), claims(600));
    await host.run(dataAdd, { path: 'claims.csv', name: 'claims' }, { surface: 'cli' });
  });
  afterAll(() => project.remove());
  const CLAIMS = { data: 'claims', target: 'outcome', folds: 2 } as const;

  it('are drawn besides the usual ones, the same for the same seed, and the best is kept', async () => {
    const given = { ...CLAIMS, estimator: 'linear', metric: 'logLoss', trials: 12 };
    const result = await host.run(trainOperation, given);
    const drawn = result.candidates.filter(({ params }) => params);
    expect(result.candidates).toHaveLength(3 + 12);
    expect(drawn.map(({ name }) => name?.replace(/^.*, /, ''))).toEqual(
      Array.from({ length: 12 }, (_, trial) => `trial ${trial + 1}`),
    );
    const lossOf = ({ metrics }: (typeof drawn)[number]) => metrics.logLoss ?? Number.NaN;
    const best = result.candidates.reduce((least, one) => (lossOf(one) < lossOf(least) ? one : least));
    expect(best.chosen).toBe(true);
    const again = await host.run(trainOperation, given);
    expect(again.candidates.map(({ params }) => params)).toEqual(
      result.candidates.map(({ params }) => params),
    );
  });

  it('are those of each estimator in turn, where all are tried', async () => {
    const { candidates } = await host.run(trainOperation, { ...CLAIMS, estimator: 'auto', trials: 5 });
    const of = candidates.filter(({ params }) => params).map(({ name }) => name?.split(' ')[0]);
    expect(new Set(of)).toEqual(new Set(['trees', 'linear', 'mlp', 'forest', 'extra-trees']));
  });

  it('are refused of an estimator that names no ranges', async () => {
    await expect(
      host.run(trainOperation, { ...CLAIMS, estimator: 'fixed', trials: 5 }),
    ).rejects.toMatchObject({
      code: 'TRS_TRAIN_TRIALS_UNAVAILABLE',
      hint: expect.stringContaining('search'),
    });
  });

  it('are those of which one row takes no longer than it may', async () => {
    const given = { ...CLAIMS, estimator: 'auto' };
    const result = await host.run(trainOperation, { ...given, inferLimit: '1s' });
    expect(result.candidates.every(({ milliseconds = 0 }) => milliseconds > 0)).toBe(true);
    expect(result.notes.join()).toMatch(/One row takes .* ms in the model.*: within the 1s of --infer-limit/);
    const failed = host.run(trainOperation, { ...given, estimator: 'linear', inferLimit: '0.0001ms' });
    await expect(failed).rejects.toMatchObject({
      code: 'TRS_TRAIN_INFER_LIMIT',
      message: expect.stringMatching(/the fastest, linear .*, takes .* ms/),
    });
  });
});

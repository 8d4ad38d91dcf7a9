import { fileURLToPath } from 'node:url';
import { executors } from '@trestle/contracts';
import { contribute, provide, token } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownExecutors } from '../executor/own-executors.ts';
import { servingConfig } from '../serving-config.ts';
import { type InferencePool, openInferencePool } from './inference-pool.ts';

const WORKER = fileURLToPath(new URL('./crashing-worker.test.setup.ts', import.meta.url));
const poolToken = token<InferencePool>('test.pool');
const PLUGIN = {
  name: 'pool-test',
  version: '1.0.0',
  config: servingConfig,
  contributions: ownExecutors.map((executor) => contribute(executors, executor)),
  services: [provide(poolToken, (scope) => openInferencePool(scope, WORKER))],
};

describe('a pool whose worker dies', () => {
  let project: TemporaryProject;
  let pool: InferencePool;
  let digest: string;
  beforeEach(async () => {
    project = await temporaryProject();
    const host = await project.open([PLUGIN], {
      env: {
        TRESTLE_SERVING__WORKERS: '2',
        TRESTLE_SERVING__MAX_QUEUE: '100',
        TRESTLE_STORE__RESERVE_BYTES: '0',
      },
    });
    ({ digest } = await (await host.service(blobsToken)).put(new TextEncoder().encode('a model')));
    pool = await host.service(poolToken);
  });
  afterEach(() => project.remove());
  const ask = async (body: string) => {
    const model = { name: 'm', version: 1 };
    return (await pool.answer(digest, { form: 'rows', body, id: 'p-1', deployment: 'd', model })).body;
  };

  it('loses the request of that worker, with a clear error, and no other', async () => {
    const before = Array.from({ length: 10 }, (_, x) => ask(`${x}`));
    const crash = ask('crash');
    const after = Array.from({ length: 10 }, (_, x) => ask(`${x}`));
    await expect(crash).rejects.toMatchObject({
      code: 'TRS_SERVING_WORKER_LOST',
      kind: 'unavailable',
      retryAfterS: 1,
      hint: expect.stringContaining('Try again'),
    });
    const answers = await Promise.all([...before, ...after]);
    expect(answers).toEqual([...Array(10).keys(), ...Array(10).keys()].map((x) => `said ${x}`));
  });

  it('goes on after every crash', async () => {
    for (let round = 0; round < 5; round++) {
      await expect(ask('crash')).rejects.toMatchObject({ code: 'TRS_SERVING_WORKER_LOST' });
      expect(await ask(`${round}`)).toBe(`said ${round}`);
    }
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { executors } from '@trestle/contracts';
import { contribute, type Host, provide, token } from '@trestle/kernel';
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
  let host: Host;
  let digest: string;
  beforeEach(async () => {
    project = await temporaryProject();
    // One that waits for less, so that a thread that hangs need not be waited for long.
    const serving = { deployments: { hasty: { timeoutMs: 3_000 } } };
    await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify({ serving }));
    host = await project.open([PLUGIN], {
      env: {
        TRESTLE_SERVING__WORKERS: '2',
        TRESTLE_SERVING__MAX_QUEUE: '100',
        TRESTLE_SERVING__SET_ASIDE__FOR_MS: '60000',
        TRESTLE_STORE__RESERVE_BYTES: '0',
      },
    });
    ({ digest } = await (await host.service(blobsToken)).put(new TextEncoder().encode('a model')));
    pool = await host.service(poolToken);
  });
  afterEach(() => project.remove());
  const ask = async (body: string, timeoutMs?: number, of = digest, deployment = 'd') => {
    const model = { name: 'm', version: 1 };
    const asked = { form: 'rows' as const, body, id: 'p-1', deployment, model };
    return (await pool.answer(of, timeoutMs === undefined ? asked : { ...asked, timeoutMs })).body;
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

  it('sets a model aside that ends or holds its threads again and again, and lets the others go on', async () => {
    const blobs = await host.service(blobsToken);
    const { digest: other } = await blobs.put(new TextEncoder().encode('another model'));
    await expect(ask('crash')).rejects.toMatchObject({ code: 'TRS_SERVING_WORKER_LOST' });
    await expect(ask('hang', undefined, digest, 'hasty')).rejects.toMatchObject({
      code: 'TRS_SERVING_TIMEOUT',
    });
    await expect(ask('crash')).rejects.toMatchObject({ code: 'TRS_SERVING_WORKER_LOST' });
    await expect(ask('1')).rejects.toMatchObject({
      code: 'TRS_SERVING_SET_ASIDE',
      kind: 'unavailable',
      retryAfterS: expect.any(Number),
    });
    expect(await ask('1', undefined, other)).toBe('said 1');
    expect(pool.stats().models).toMatchObject([
      { deployment: 'd', failed: 3, answered: 1 },
      { deployment: 'hasty', failed: 1 },
    ]);
  });

  it('answers a caller that waits for less when its time is over, which says nothing of the model', async () => {
    for (let n = 0; n < 4; n++)
      await expect(ask('slow', 5)).rejects.toMatchObject({ code: 'TRS_SERVING_TIMEOUT' });
    expect(await ask('1')).toBe('said 1');
  });
});

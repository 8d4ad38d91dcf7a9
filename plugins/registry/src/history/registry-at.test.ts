import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { deploymentEvents, rolloutEvents } from '@trestle/contracts';
import { type Host, journalToken } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject, tinyModel } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  modelPromote,
  modelRegister,
  modelRollback,
  modelShow,
  registryAt,
  registryPlugin,
} from '../index.ts';

const alias = { name: 'strikes', alias: 'champion' };

describe('the registry at a time', () => {
  let project: TemporaryProject;
  let host: Host;
  /** What stood there behind each step, and what the log said then. */
  const steps: { time: string; champion: number | undefined; versions: number; seq: number; head: string }[] =
    [];
  const times: Record<string, string> = {};

  const newest = async () => {
    const [entry] = await (await host.service(journalToken)).read({ limit: 1, newest: true });
    if (!entry) throw new Error('nothing was recorded');
    return entry;
  };
  const step = async (work: () => Promise<unknown>): Promise<string> => {
    await work();
    const { time, seq, hash } = await newest();
    const { versions } = await host.run(modelShow, { model: 'strikes' });
    const champion = versions.find(({ aliases }) => aliases.includes('champion'))?.version;
    steps.push({ time, champion, versions: versions.length, seq, head: hash });
    await wait(5);
    return time;
  };
  const register = async (n: number) => {
    await writeFile(join(project.dir, 'model.onnx'), tinyModel(n));
    await host.run(modelRegister, { file: 'model.onnx', name: 'strikes' }, { surface: 'cli' });
  };
  const record = async (write: Parameters<Awaited<ReturnType<typeof metadata>>['change']>[1]) =>
    await (await metadata()).change(
      { principal: { id: 'ada', scopes: ['*:*'] }, requestId: 'r', operation: 'deploy' },
      write,
    );
  const metadata = () => host.service(metadataToken);
  const revision = { deployment: 'live', model: 'strikes', follows: 'champion' };
  const rollout = {
    deployment: 'live',
    rollout: 1,
    strategy: 'canary',
    challenger: { name: 'strikes', version: 2 },
    step: 0,
    mirrored: 0,
    reasons: [],
    measures: [],
  };

  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([registryPlugin]);
    times.before = '2001-01-01T00:00:00.000Z';
    await step(() => register(1));
    await step(() => host.run(modelPromote, { ...alias, version: 1 }));
    times.deployed = await step(() =>
      record(async (change) => {
        await change.record(deploymentEvents.deployed, 'deployment:live@1', {
          ...revision,
          revision: 1,
          version: 1,
        });
      }),
    );
    await step(() => register(2));
    times.canary = await step(() =>
      record(async (change) => {
        await change.record(rolloutEvents.started, 'deployment:live', { ...rollout, share: 0.1 });
      }),
    );
    times.ended = await step(() =>
      record(async (change) => {
        await change.record(rolloutEvents['rolled-back'], 'deployment:live', { ...rollout, share: 0 });
      }),
    );
    await step(() => host.run(modelPromote, { ...alias, version: 2 }));
    await step(() => host.run(modelRollback, alias));
    await step(() => host.run(modelPromote, { ...alias, version: 2 }));
  });
  afterAll(() => project.remove());

  it('is what stood there then, whatever came later', async () => {
    expect(steps).toHaveLength(9);
    for (const { time, champion, versions, seq, head } of steps) {
      const then = await host.run(registryAt, { time });
      expect(then).toMatchObject({
        time,
        log: { seq, head },
        models: [{ model: 'strikes', versions }],
        unreadable: [],
      });
      expect(then.aliases.map(({ version }) => version)).toEqual(champion === undefined ? [] : [champion]);
    }
  });

  it('tells what served, by whom it was made so, and what was tried beside it', async () => {
    const at = async (time = '') => (await host.run(registryAt, { time })).deployments;
    const serving = { deployment: 'live', model: 'strikes', version: 1, follows: 'champion', by: 'ada' };
    expect(await at(times.before)).toEqual([]);
    expect(await at(times.deployed)).toMatchObject([
      {
        ...serving,
        challenger: null,
        since: times.deployed,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    expect(await at(times.canary)).toMatchObject([
      { ...serving, challenger: { model: 'strikes', version: 2, share: 0.1 } },
    ]);
    expect(await at(times.ended)).toMatchObject([{ ...serving, challenger: null }]);
    const empty = await host.run(registryAt, { time: times.before ?? '' });
    expect(empty).toMatchObject({ log: { seq: 0, head: null }, models: [], aliases: [] });
  });

  it.each(['yesterday', '2026-03-03', '2026-03-03T12:00', ''])(
    'refuses %j, which is no time of one moment',
    async (time) => {
      await expect(host.run(registryAt, { time })).rejects.toMatchObject({
        code: 'TRS_KERNEL_INPUT_INVALID',
      });
    },
  );

  it('takes any zone', async () => {
    expect((await host.run(registryAt, { time: '2026-03-03T12:00+01:00' })).time).toBe(
      '2026-03-03T11:00:00.000Z',
    );
  });
});

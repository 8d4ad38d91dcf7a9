import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Host, jobStoreToken } from '@trestle/kernel';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pipelinePlugin, pipelineRun } from './index.ts';
import { startDue, startOnEvent } from './triggers.ts';

// Several tests share two cores.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

describe('a trigger', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
  });
  afterEach(async () => {
    await project.remove();
  });
  const open = async (triggers: unknown): Promise<void> => {
    const pipelines = { ids: { steps: { ids: { operation: 'pipeline.list' } }, triggers } };
    await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify({ pipelines }));
    host = await project.open([trackingPlugin, pipelinePlugin]);
  };
  const jobs = async () =>
    (await (await host.service(jobStoreToken)).list({ limit: 10 })).map((job) => job.input);

  it('starts a run for the moments of a cron line that passed, one for all of them', async () => {
    await open({ cron: '0 3 * * *' });
    const ctx = host.context(pipelineRun);
    await startDue(ctx, new Date('2026-01-01T12:00:00Z'));
    await startDue(ctx, new Date('2026-01-02T02:59:59Z'));
    expect(await jobs()).toEqual([]);
    await startDue(ctx, new Date('2026-01-04T03:00:00Z'));
    await startDue(ctx, new Date('2026-01-04T03:00:10Z'));
    expect(await jobs()).toEqual([{ name: 'ids', trigger: 'cron 0 3 * * *' }]);
  });

  it('starts a run for drift of a deployment that it names, and for no other alert', async () => {
    await open({ drift: ['strikes'] });
    const fired = (
      seq: number,
      about: { readonly kind: 'performance' | 'drift'; readonly deployment: string },
    ) =>
      startOnEvent(host.context(pipelineRun), {
        ...{ seq, id: 'e', actor: 'system', operation: 'x', requestId: 'r', time: '', hash: '' },
        type: 'alert.fired',
        subject: `alert:a-${seq}`,
        payload: {
          ...{ alert: `a-${seq}`, state: 'open', summary: '', openedAt: '' },
          model: { name: 'm', version: 1 },
          severity: 'warning',
          features: [],
          ...about,
        },
      });
    await fired(1, { kind: 'performance', deployment: 'strikes' });
    await fired(2, { kind: 'drift', deployment: 'others' });
    await fired(3, { kind: 'drift', deployment: 'strikes' });
    await fired(3, { kind: 'drift', deployment: 'strikes' });
    expect(await jobs()).toEqual([{ name: 'ids', trigger: 'drift: alert:a-3' }]);
  });

  it('that is no cron line is told', async () => {
    await open({ cron: 'now and then' });
    await startDue(host.context(pipelineRun), new Date('2026-01-01T12:00:00Z'));
    await expect(startDue(host.context(pipelineRun))).rejects.toMatchObject({ code: 'TRS_DATA_PIPELINE' });
  });
});

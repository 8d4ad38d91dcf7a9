import { jobStoreToken, operation, plugin, secret, systemPrincipal } from '@trestle/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type TemporaryHost, temporaryHost } from '../temporary-host.test.fixture.ts';
import { jobCancel, jobList, jobShow } from './job-operations.ts';

const work = operation({
  id: 'work.do',
  summary: 'Works.',
  kind: 'job',
  access: 'work:do',
  input: z.object({ size: z.number(), password: secret() }),
  output: z.object({ done: z.boolean() }),
  load: async () => async () => ({ done: true }),
});
const workPlugin = plugin({ name: 'work', version: '1.0.0', operations: [work] });

describe('trestle job', () => {
  let t: TemporaryHost;
  beforeEach(async () => {
    t = await temporaryHost([workPlugin]);
  });
  afterEach(() => t.remove());
  const enqueue = () => t.host.enqueue('work.do', { size: 3, password: 'hunter2-canary' });

  it('lists jobs by state', async () => {
    const job = await enqueue();
    await t.host.run(work, { size: 1, password: 'hunter2-canary' });
    expect((await t.host.run(jobList, {})).jobs).toHaveLength(2);
    expect((await t.host.run(jobList, { state: 'queued' })).jobs.map(({ id }) => id)).toEqual([job.id]);
  });

  it('shows a job without the secrets of its input', async () => {
    const shown = await t.host.run(jobShow, { job: (await enqueue()).id });
    expect(shown).toMatchObject({ state: 'queued', principal: systemPrincipal.id, input: { size: 3 } });
    expect(JSON.stringify(shown)).not.toContain('hunter2-canary');
  });

  it('cancels a job that waits', async () => {
    const { id } = await enqueue();
    expect(await t.host.run(jobCancel, { job: id })).toMatchObject({ state: 'cancelled' });
    await expect(t.host.run(jobCancel, { job: id })).rejects.toMatchObject({ code: 'TRS_SYSTEM_JOB_OVER' });
  });

  it('asks a job that runs to end', async () => {
    const { id } = await enqueue();
    await (await t.host.service(jobStoreToken)).claim('a worker', 60_000, 3);
    expect(await t.host.run(jobCancel, { job: id })).toMatchObject({
      state: 'running',
      cancelRequested: true,
    });
  });

  it('knows no job that is not there', async () => {
    for (const each of [jobShow, jobCancel]) {
      await expect(t.host.run(each, { job: 'j-0' })).rejects.toMatchObject({
        code: 'TRS_SYSTEM_UNKNOWN_JOB',
      });
    }
  });
});

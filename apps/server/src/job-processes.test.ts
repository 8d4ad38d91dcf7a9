import { mkdtemp, rm } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Host, type JobStore, jobStoreToken, openHost } from '@trestle/kernel';
import { storePlugin } from '@trestle/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { workPlugin } from './job-processes.test.setup.ts';
import { type JobProcesses, startJobProcesses } from './job-processes.ts';

const CHILD = fileURLToPath(new URL('./job-processes.test.child.ts', import.meta.url));
const soon = { timeout: 30_000, interval: 50 };

describe('job processes', { timeout: 120_000 }, () => {
  let dir: string;
  let host: Host;
  let jobs: JobStore;
  let processes: JobProcesses;
  const warned: string[] = [];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-job-processes-'));
    const log = { debug() {}, info() {}, warn: (message: string) => void warned.push(message) };
    host = await openHost({
      projectDir: dir,
      plugins: [storePlugin, workPlugin],
      env: { TRESTLE_STORE__RESERVE_BYTES: '0' },
      log,
    });
    jobs = await host.service(jobStoreToken);
    processes = await startJobProcesses(host, { command: [CHILD, dir], count: 1 });
  });
  afterEach(async () => {
    await processes.close();
    await host.close();
    await rm(dir, { recursive: true, force: true });
  });
  const pidAt = async (id: string): Promise<number> => {
    await expect.poll(async () => (await jobs.get(id))?.progress?.values?.pid, soon).toBeGreaterThan(0);
    return (await jobs.get(id))?.progress?.values?.pid ?? 0;
  };

  it('do a server’s jobs one after the other in a process of their own, which stays and yields to the server', async () => {
    const ids = await Promise.all([1, 2].map(async () => (await host.enqueue('work.quick', {})).id));
    for (const id of ids) await expect.poll(async () => (await jobs.get(id))?.state, soon).toBe('succeeded');
    const pids = await Promise.all(ids.map(async (id) => (await jobs.get(id))?.output as { pid: number }));
    expect(new Set(pids.map(({ pid }) => pid)).size).toBe(1);
    expect(pids[0]?.pid).not.toBe(process.pid);
    expect(getPriority(pids[0]?.pid)).toBeGreaterThan(getPriority());
  });

  it('hear of a cancellation', async () => {
    const { id } = await host.enqueue('work.waits', {});
    await pidAt(id);
    await jobs.requestCancel(id);
    await expect
      .poll(() => jobs.get(id), soon)
      .toMatchObject({ state: 'cancelled', error: { code: 'TRS_KERNEL_JOB_CANCEL' } });
  });

  it('that crash are started again, and what they were at is begun again without waiting for its lease', async () => {
    const { id } = await host.enqueue('work.waits', {});
    const first = await pidAt(id);
    process.kill(first, 'SIGKILL');
    await expect
      .poll(() => jobs.get(id), soon)
      .toMatchObject({ state: 'running', attempts: 2, generation: 2 });
    await expect.poll(async () => await pidAt(id), soon).not.toBe(first);
    expect(warned).toContain('a job process ended, and is started again');
  });

  it('give their job back to the queue when the server closes', async () => {
    const { id } = await host.enqueue('work.waits', {});
    const pid = await pidAt(id);
    await processes.close();
    expect(await jobs.get(id)).toMatchObject({ state: 'queued', attempts: 0 });
    expect(() => process.kill(pid, 0)).toThrow();
  });
});

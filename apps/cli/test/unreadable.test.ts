import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProject } from '../src/open-project.ts';

/** What it holds is told by older-project.test.ts. */
const FIXTURE = fileURLToPath(new URL('./fixtures/project-2026-11-30.tar.gz', import.meta.url));

/** A document of any form: tests say what they expect of it. */
// biome-ignore lint/suspicious/noExplicitAny: the expectations are the types here
type Document = any;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trestle-unreadable-'));
  await promisify(execFile)('tar', ['xzf', FIXTURE, '-C', dir]);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const change = (sql: string): void => {
  const database = new DatabaseSync(join(dir, 'project', '.trestle', 'metadata.sqlite'));
  database.exec(sql);
  database.close();
};

/** One call in a process that has just opened the project, and what a person sees of it. */
async function call(operation: string, input: unknown = {}): Promise<{ output: Document; seen: string }> {
  const host = await openProject(join(dir, 'project'));
  try {
    const output: Document = await host.runById(operation, input, { surface: 'cli' });
    const views = host.operations.get(operation)?.present?.(output as never);
    return { output, seen: JSON.stringify(views) };
  } finally {
    await host.close();
  }
}

describe('records that cannot be read', { timeout: 180_000 }, () => {
  it('of an earlier version are moved as they are: the project opens, and each is shown as such', async () => {
    change(`
      UPDATE runs SET record = '{' WHERE run = (SELECT min(run) FROM runs);
      UPDATE runs SET record = json_remove(record, '$.spec') WHERE run = (SELECT max(run) FROM runs);
      UPDATE pipeline_runs SET record = '[]' WHERE run = (SELECT min(run) FROM pipeline_runs);
      UPDATE monitoring_retrains SET progress = 'gone' WHERE id = (SELECT min(id) FROM monitoring_retrains);
    `);
    const { output, seen } = await call('run.list');
    expect(output.runs).toHaveLength(11);
    const odd = output.runs.filter(({ unreadable }: Document) => unreadable !== undefined);
    expect(odd.map(({ kind, unreadable }: Document) => [kind, unreadable]).sort()).toEqual([
      ['pipeline', 'it must be an object'],
      ['retraining', expect.stringContaining('it is no JSON')],
      ['training', '"spec": it is missing'],
      ['training', expect.stringContaining('it is no JSON')],
    ]);
    for (const { run } of odd) {
      expect(seen).toContain(`The record of ${run} cannot be read`);
      expect((await call('run.show', { run })).output).toMatchObject({ run, unreadable: expect.any(String) });
    }
    const [damaged] = odd.filter(({ kind }: Document) => kind === 'training');
    await expect(call('run.resume', { run: damaged.run })).rejects.toMatchObject({
      code: expect.stringMatching(/^TRS_(TRAIN|TRACKING|KERNEL)_/),
    });
    await call('run.delete', { run: damaged.run });
    expect((await call('run.list')).output.runs).toHaveLength(10);
  });

  it.each([
    ['run.list', 'runs', `tracked_runs SET facts = '{'`, 'run = (SELECT max(run) FROM tracked_runs)'],
    ['run.list', 'runs', `run_metrics SET value = 9e999`, 'run = (SELECT min(run) FROM run_metrics)'],
    ['model.list', 'models', `model_versions SET metrics = '{"rocAuc": "high"}'`, 'version = 1'],
    ['data.list', 'datasets', `dataset_versions SET columns = 'none'`, `dataset = 'trees' AND version = 1`],
    ['job.list', 'jobs', `jobs SET input = '{'`, 'id = (SELECT max(id) FROM jobs)'],
    ['job.list', 'jobs', `jobs SET principal = '7', progress = '[1]'`, 'id = (SELECT min(id) FROM jobs)'],
  ])(
    'of now are shown by %s (%s, %s) one by one, beside all others',
    async (operation, list, what, where) => {
      const { output: before } = await call(operation);
      const keyOf = ({ run, name, version, dataset, id }: Document) =>
        [run ?? id ?? name ?? dataset, version].join();
      change(`UPDATE ${what} WHERE ${where}`);
      const { output, seen } = await call(operation);
      // A job list has the jobs of the calls themselves.
      expect(output[list].map(keyOf)).toEqual(expect.arrayContaining(before[list].map(keyOf)));
      const isOdd = ({ unreadable }: Document): boolean => unreadable !== undefined;
      expect(output[list].filter(isOdd).length).toBeGreaterThan(before[list].filter(isOdd).length);
      expect(output[list].some((one: Document) => !isOdd(one))).toBe(true);
      expect(seen).toMatch(/unreadable|cannot be read/);
    },
  );

  it('of a dataset cannot be used, and say so; the other versions can', async () => {
    await expect(call('data.show', { name: 'trees@1' })).rejects.toMatchObject({
      code: 'TRS_DATA_VERSION_UNREADABLE',
      message: expect.stringContaining('trees@1'),
    });
    await expect(
      call('data.erase', { name: 'trees', column: 'height', values: ['1'] }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^TRS_DATA_/) });
    expect((await call('data.show', { name: 'trees' })).output.version).toBeGreaterThan(1);
  });

  it('of checks and alerts leave the status of the deployments', async () => {
    const { output: before } = await call('monitor.status');
    change(`UPDATE monitoring_checks SET drift = '{"state": 1}'`);
    change(`
      INSERT INTO monitoring_alerts (id, open_key, deployment, kind, state, model, version, summary, details, opened_at)
      SELECT DISTINCT 'a-' || deployment, deployment, deployment, 'drift', 'later', model, version, 'it leaks', '{}', '2026-11-30'
      FROM monitoring_checks;
    `);
    const { output, seen } = await call('monitor.status');
    expect(output.deployments).toHaveLength(before.deployments.length);
    expect(output.deployments.flatMap(({ unreadable = [] }: Document) => unreadable)).not.toEqual([]);
    expect(seen).toContain('cannot be read');
    const { output: alerts } = await call('monitor.alerts');
    expect(alerts.alerts.length).toBeGreaterThan(0);
    for (const { kind, summary } of alerts.alerts)
      expect([kind, summary]).toEqual(['unknown', expect.stringContaining('cannot be read')]);
  });
});

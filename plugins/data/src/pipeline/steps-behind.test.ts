import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Host, journalToken } from '@trestle/kernel';
import { pipelinePlugin, pipelineRun, pipelineShow } from '@trestle/plugin-pipeline';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { blobsToken, lineageToken, metadataToken, storeCheckToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dataAdd, dataList, dataPlugin, dataQuery } from '../index.ts';
import { listVersions } from '../version/versions.ts';
import { manifestThere } from './step-records.ts';

vi.setConfig({ testTimeout: 180_000 });

const CHILD = fileURLToPath(new URL('./steps-behind.test.child.ts', import.meta.url));
const LENGTH = 12;
/** Each adds one to what the step before made. */
const CHAIN = Object.fromEntries(
  Array.from({ length: LENGTH }, (_, index) => [
    `s${index}`,
    {
      sql: `SELECT n + 1 AS n FROM ${index === 0 ? 'numbers' : `s${index - 1}`}`,
      incremental: index === 0 ? 'numbers' : `s${index - 1}`,
    },
  ]),
);

describe('a step that begins before the one that it reads is stored', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
  });
  afterEach(() => project.remove());

  const open = async (steps: unknown): Promise<void> => {
    const data = { pipelines: [{ name: 'chain', steps }] };
    await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify({ data }));
    host = await project.open([dataPlugin, trackingPlugin, pipelinePlugin]);
  };
  const add = async (numbers: readonly number[], append = false): Promise<void> => {
    await writeFile(join(project.dir, 'numbers.csv'), `n\n${numbers.join('\n')}\n`);
    await host.run(dataAdd, { path: 'numbers.csv', name: 'numbers', append }, { surface: 'cli' });
  };
  const run = () => host.run(pipelineRun, { name: 'chain' });
  const stepsOfLast = async () => (await host.run(pipelineShow, { name: 'chain' })).runs[0]?.steps ?? [];
  const made = async () =>
    (await host.run(dataList, {})).datasets.map((one) => one.dataset).filter((name) => name !== 'numbers');
  const query = async (sql: string) => (await host.run(dataQuery, { sql })).rows;

  /** Makes the n-th change of a run fail after a while, as on a disk that is full: 1 is its beginning, 2 the first step's. */
  const failAt = async (nth: number): Promise<void> => {
    const metadata = await host.service(metadataToken);
    const { change } = metadata;
    let changes = 0;
    const failing: typeof change = async (actor, work) => {
      if (actor.operation !== 'pipeline.run' || ++changes !== nth) return await change(actor, work);
      await new Promise((resolve) => setTimeout(resolve, 300));
      throw new Error('the disk is full');
    };
    Object.assign(metadata, { change: failing });
  };

  it('is not kept when that one does not become a version, which alone has failed', async () => {
    await open(CHAIN);
    await add([1, 2]);
    await failAt(3);
    await expect(run()).rejects.toThrow('the disk is full');
    expect((await stepsOfLast()).map((step) => step.state)).toEqual([
      'ran',
      'failed',
      ...Array(LENGTH - 2).fill('not reached'),
    ]);
    expect(await made()).toEqual(['chain.s0']);
    const { steps } = await run();
    expect(steps.map((step) => step.state)).toEqual(['cached', ...Array(LENGTH - 1).fill('ran')]);
    expect(await query(`FROM "chain.s${LENGTH - 1}" ORDER BY n`)).toEqual([{ n: 13 }, { n: 14 }]);
  });

  it('leaves that one a version when it fails itself', async () => {
    await open({ ...CHAIN, s1: { sql: 'SELECT nothing FROM s0' } });
    await add([1]);
    await expect(run()).rejects.toMatchObject({ code: 'TRS_DATA_ENGINE' });
    expect(await made()).toEqual(['chain.s0']);
    expect((await stepsOfLast()).map((step) => step.state)).toEqual([
      'ran',
      'failed',
      ...Array(LENGTH - 2).fill('not reached'),
    ]);
  });

  it('waits when that one may be tried again, since its rows may be others then', async () => {
    await open({
      s0: { sql: 'SELECT n, random() AS r FROM numbers', retries: 1 },
      s1: { sql: 'SELECT n, r FROM s0' },
    });
    await add([1]);
    const blobs = await host.service(blobsToken);
    const { put } = blobs;
    let puts = 0;
    const failing: typeof put = async (content, before) => {
      if (++puts > 1) return await put(content, before);
      await new Promise((resolve) => setTimeout(resolve, 300));
      throw new Error('not yet');
    };
    Object.assign(blobs, { put: failing });
    const { steps } = await run();
    expect(steps.map(({ state, attempts }) => [state, attempts])).toEqual([
      ['ran', 2],
      ['ran', 1],
    ]);
    expect(await query('SELECT a.r = b.r AS same FROM "chain.s0" a JOIN "chain.s1" b USING (n)')).toEqual([
      { same: true },
    ]);
  });

  it('is recorded behind that one: a kill at any moment leaves whole steps in order, and the next run goes on', async () => {
    await open(CHAIN);
    await add([0]);
    await host.close();
    let numbers = 1;
    for (const delay of [10, 40, 80, 120, 170, 230, 300]) {
      const child = spawn(process.execPath, [CHILD, project.dir], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(child, 'close');
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill('SIGKILL');
      const [code, signal] = await ended;
      // Killed, or through before: it did not end by itself for another reason.
      expect(['SIGKILL', 0]).toContain(signal ?? code);
      host = await project.open([dataPlugin, trackingPlugin, pipelinePlugin]);
      expect((await (await host.service(storeCheckToken)).check({ deep: true })).blobs.problems).toEqual([]);
      expect(await (await host.service(journalToken)).verify()).toMatchObject({ ok: true });
      // Every version is whole, and what it was made of is one too.
      const versions = await listVersions(host);
      const refs = new Set(versions.map(({ dataset, version }) => `dataset:${dataset}@${version}`));
      const lineage = await host.service(lineageToken);
      for (const { dataset, version, digest } of versions) {
        expect(await manifestThere(host, digest)).toBeDefined();
        if (dataset === 'numbers') continue;
        const from = await lineage.into(`dataset:${dataset}@${version}`);
        expect(from.length).toBeGreaterThan(0);
        for (const edge of from) expect(refs).toContain(edge.from);
      }
      await run();
      expect(await query(`SELECT count(*) AS rows, max(n) AS most FROM "chain.s${LENGTH - 1}"`)).toEqual([
        { rows: numbers, most: numbers - 1 + LENGTH },
      ]);
      await add([numbers], true);
      numbers++;
      await host.close();
    }
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Host, systemPrincipal } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataAdd, dataList, dataPlugin, dataQuery, dataShow } from '../index.ts';
import { appendParts, readVersion } from './append-parts.ts';
import { commitVersion } from './commit-version.ts';

const CHILD = fileURLToPath(new URL('./append-parts.test.child.ts', import.meta.url));
const actor = { principal: systemPrincipal, requestId: 'r', operation: 'test' };
const PROCESSES = 6;
const APPENDS = 5;

describe('appends at the same time', () => {
  let project: TemporaryProject;
  let host: Host;
  const add = async (csv: string, options = {}) => {
    await writeFile(join(project.dir, 'a.csv'), csv);
    return await host.run(dataAdd, { path: 'a.csv', name: 'things', ...options }, { surface: 'cli' });
  };
  const ids = async (): Promise<readonly number[]> => {
    const { rows } = await host.run(dataQuery, { sql: 'SELECT id FROM things ORDER BY id' });
    return rows.map(({ id }) => Number(id));
  };
  beforeEach(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
    await add('id,word\n0,row 0\n');
  });
  afterEach(async () => {
    await project.remove();
  });

  it('all land, one behind the other, from any number of processes; one that is killed takes nobody along', async () => {
    const confirmed = new Set([0]);
    const children = Array.from({ length: PROCESSES }, (_, index) => {
      const first = 1 + index * 100;
      const child = spawn(process.execPath, [CHILD, project.dir, String(first), String(APPENDS)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines = createInterface({ input: child.stdout });
      lines.on('line', (line) => {
        confirmed.add(Number(line));
        // The first is killed in the middle of its second append.
        if (index === 0) child.kill('SIGKILL');
      });
      return { first, closed: once(child, 'close') };
    });
    const ends = await Promise.all(children.map(({ closed }) => closed));
    expect(ends.slice(1).map(([code]) => code)).toEqual(Array(PROCESSES - 1).fill(0));
    const found = await ids();
    expect(new Set(found).size).toBe(found.length);
    const missing = [...confirmed].filter((id) => !found.includes(id));
    expect(missing).toEqual([]);
    // What the killed one had not heard of may be in or not; every other row is.
    const others = found.filter((id) => id > 100);
    expect(others).toHaveLength((PROCESSES - 1) * APPENDS);
    const { datasets } = await host.run(dataList, {});
    // Each version holds one row more than the one before.
    expect(datasets.map(({ rows }) => rows)).toEqual(datasets.map(({ version }) => version));
  }, 120_000);

  it('come behind a version that was made after they had read the one before', async () => {
    const base = await readVersion(host, 'things');
    const before = base.manifest.parts;
    await add('id,word\n1,row 1\n', { append: true });
    const made = { dataset: 'things', columns: base.columns, source: 'again', madeFrom: [], parts: before };
    const landed = await appendParts(host, actor, base, made);
    expect(landed).toMatchObject({ version: 3, rows: 3 });
    expect(await ids()).toEqual([0, 0, 1]);
  });

  it('say so when the columns are others by then, and what is named as a base must be the newest', async () => {
    const base = await readVersion(host, 'things');
    await add('id,letter\n1,a\n');
    const { parts } = base.manifest;
    const made = { dataset: 'things', columns: base.columns, source: 'again', madeFrom: [] };
    expect(await appendParts(host, actor, base, { ...made, parts })).toBeUndefined();
    await expect(
      commitVersion(host, actor, { ...made, manifest: base.manifest, base: base.version }),
    ).rejects.toMatchObject({ code: 'TRS_DATA_APPEND_CONFLICT', kind: 'conflict' });
    expect(await host.run(dataShow, { name: 'things' })).toMatchObject({ version: 2, rows: 1 });
  });
});

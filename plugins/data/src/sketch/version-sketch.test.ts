import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetsToken, type TableSketch } from '@trestle/contracts';
import type { Host } from '@trestle/kernel';
import { blobsToken, metadataToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DataTables } from '../data-tables.ts';
import { dataAdd, dataErase, dataGc, dataPlugin, dataProfile } from '../index.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';
import { decodeSketch, encodeSketch } from './sketch-codec.ts';

let project: TemporaryProject;
let host: Host;
beforeEach(async () => {
  project = await temporaryProject();
  host = await project.open([dataPlugin]);
});
afterEach(() => project.remove());

const add = async (lines: readonly string[], options: { name?: string; append?: boolean } = {}) => {
  await writeFile(join(project.dir, 'a.csv'), `${lines.join('\n')}\n`);
  return await host.run(dataAdd, { path: 'a.csv', name: 'things', ...options }, { surface: 'cli' });
};
const profile = async (name: string) => await host.run(dataProfile, { name });
const kept = async (): Promise<readonly TableSketch[]> => {
  const db = (await host.service(metadataToken)).query<DataTables>();
  const rows = await db.selectFrom('dataset_sketches').selectAll().execute();
  return rows.map(({ sketch }) => {
    const decoded = decodeSketch(sketch);
    if (!decoded) throw new Error('A kept sketch cannot be read.');
    return decoded;
  });
};

/** Rows of seven columns: few and many values, texts, gaps, zeros of both signs. */
const rowOf = (n: number): string =>
  [
    (n * 7_919) % 13,
    Math.sin(n) * 1_000,
    n % 3 === 0 ? '' : `word ${(n * 31) % 40}`,
    `text ${n % 9_000}`,
    n % 2 ? '-0.0' : '0.5',
    `2024-0${(n % 9) + 1}-01`,
    n % 2 === 0,
  ].join(',');
const HEADER = 'few,sine,word,text,zero,day,flag';
/** More values than a sketch of small parts holds. */
const ROWS = 150_000;
const rows = (from: number, to: number): string[] => [
  HEADER,
  ...Array.from({ length: to - from }, (_, index) => rowOf(from + index)),
];

describe('the sketch of a version', () => {
  it('is of several parts what it is of one', { timeout: 60_000 }, async () => {
    await add(rows(0, 2 * ROWS));
    await add(rows(0, ROWS), { name: 'parts' });
    await add(rows(ROWS, 2 * ROWS), { name: 'parts', append: true });
    const [one, several] = [await profile('things'), await profile('parts')];
    expect(await kept()).toHaveLength(3);
    expect(several.rows).toBe(one.rows);
    for (const [index, whole] of one.columns.entries()) {
      const merged = several.columns[index];
      const { name, count, nulls, type, min, max, semantic, lengths } = whole;
      expect(merged).toMatchObject({ name, count, nulls, type, min, max, semantic, lengths });
      expect(merged?.mean ?? 0).toBeCloseTo(whole.mean ?? 0, 9);
      expect(merged?.std ?? 0).toBeCloseTo(whole.std ?? 0, 9);
      expect(merged?.kurtosis ?? 0).toBeCloseTo(whole.kurtosis ?? 0, 6);
      if (['sine', 'text'].includes(name)) continue;
      const { distinct, quantiles, top, histogram } = whole;
      expect(merged).toMatchObject({ distinct, quantiles, top, histogram });
    }
    const [sine, text] = [one.columns[1], one.columns[3]];
    expect(Math.abs((several.columns[1]?.distinct ?? 0) / (2 * ROWS) - 1)).toBeLessThan(0.08);
    expect(text?.distinct).toBe(9_000);
    expect(Math.abs((several.columns[3]?.distinct ?? 0) / 9_000 - 1)).toBeLessThan(0.08);
    for (const [bin, { count }] of (sine?.histogram ?? []).entries())
      expect(Math.abs((several.columns[1]?.histogram[bin]?.count ?? 0) - count)).toBeLessThan(
        0.02 * 2 * ROWS,
      );
    const sines = Array.from({ length: 2 * ROWS }, (_, n) => Math.sin(n) * 1_000);
    for (const column of [sine, several.columns[1]])
      for (const [share, value] of Object.entries(column?.quantiles ?? {})) {
        const below = sines.filter((one) => one <= value).length / sines.length;
        expect(Math.abs(below - Number(share))).toBeLessThan(0.01);
      }
  });

  it('reads only the part that is new', { timeout: 60_000 }, async () => {
    const first = await add(rows(0, ROWS));
    await profile('things');
    await add(rows(ROWS, ROWS + 1_000), { append: true });
    const { parts } = await readManifest(host, first.digest);
    for (const { digest } of parts) await (await host.service(blobsToken)).remove(digest);
    expect(await profile('things')).toMatchObject({ rows: ROWS + 1_000 });
  });

  it('is given to other plugins with the points of every column of numbers', async () => {
    await add(['a,b', '1,x', '3,y', ',x']);
    const { columns } = await (await host.service(datasetsToken)).sketch('things@1');
    expect(columns).toMatchObject([
      { name: 'a', count: 2, nulls: 1, points: { values: [1, 3], below: [1, 2] } },
      { name: 'b', count: 3, points: null },
    ]);
    expect(columns[1]?.values.map(([value, count]) => [value, count])).toEqual([
      ['x', 2],
      ['y', 1],
    ]);
  });

  it('is made once for equal parts of several datasets', async () => {
    await add(['a', '1']);
    await add(['a', '1'], { name: 'copy' });
    await profile('things');
    await profile('copy');
    expect(await kept()).toHaveLength(1);
  });

  it('holds for numbers whose powers a double cannot hold', async () => {
    await add(['a', ...Array.from({ length: 100 }, (_, n) => String(n * 1e200))]);
    const [column] = (await profile('things')).columns;
    expect(column).toMatchObject({ count: 100, max: 99 * 1e200, std: null });
    expect((column?.quantiles?.['0.5'] ?? 0) / 1e200).toBeCloseTo(49.5, 9);
  });

  it('goes with the rows that were erased, and with versions that nobody needs', async () => {
    await add(['who,n', 'ann,1', 'bob,2']);
    await add(['who,n', 'cid,3'], { append: true });
    for (const name of ['things@1', 'things@2']) await profile(name);
    expect(JSON.stringify(await kept())).toContain('bob');
    await host.run(dataErase, { name: 'things', column: 'who', values: ['bob'] }, { surface: 'cli' });
    expect(await kept()).toEqual([]);
    for (const name of ['things@1', 'things@2']) await profile(name);
    expect(await kept()).toHaveLength(2);
    expect(JSON.stringify(await kept())).not.toContain('bob');
    await add(['who,n', 'dot,4']);
    await host.run(dataGc, { keep: 1 });
    expect(await kept()).toEqual([]);
  });

  it('is not kept of a version from which rows were erased meanwhile', async () => {
    await add(['who,n', 'ann,1', 'bob,2']);
    const version = await resolveVersion(host, 'things');
    const [{ versionSketch }, { segmentsOf }] = [
      await import('./version-sketch.ts'),
      await import('./segments.ts'),
    ];
    const sketch = await versionSketch(host, version);
    const [segment] = segmentsOf(await readManifest(host, version.digest));
    await host.run(dataErase, { name: 'things', column: 'who', values: ['bob'] }, { surface: 'cli' });
    const { keepSketch } = await import('./kept-sketches.ts');
    await keepSketch(host, version, segment?.key ?? '', sketch);
    expect(await kept()).toEqual([]);
  });

  it('is made anew where what is kept cannot be read', async () => {
    await add(['a', '1', '2']);
    const before = await profile('things');
    await (await host.service(metadataToken)).write<DataTables, void>(
      async (db) => void (await db.updateTable('dataset_sketches').set({ sketch: 'H4sIAAAA' }).execute()),
    );
    expect(await profile('things')).toEqual(before);
  });
});

describe('the codec of sketches', () => {
  it('gives back what it was given, and refuses what does not fit together', async () => {
    await add(rows(0, 6_000));
    await profile('things');
    const [sketch] = await kept();
    if (!sketch) throw new Error('There is no sketch.');
    expect(decodeSketch(encodeSketch(sketch))).toEqual(sketch);
    const text = sketch.columns.find(({ name }) => name === 'text');
    expect(text?.registers).not.toBeNull();
    const change = (index: number, with_: object): TableSketch => ({
      ...sketch,
      columns: sketch.columns.map((column, at) => (at === index ? { ...column, ...with_ } : column)),
    });
    for (const broken of [
      change(0, { count: 1 }),
      change(0, { untold: 1 }),
      change(1, { points: { values: [2, 1], below: [1, 2] } }),
      change(1, { points: { values: [1, 2], below: [1] } }),
      change(2, { values: [['word', 1, 2 ** 30]] }),
      change(2, { values: [['word', 1]] }),
      change(3, { registers: 'AAAA' }),
      { ...sketch, rows: -1 },
    ])
      expect(decodeSketch(encodeSketch(broken))).toBeUndefined();
    for (const garbage of ['', 'no', Buffer.from('no').toString('base64')])
      expect(decodeSketch(garbage)).toBeUndefined();
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { lineageToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { dataAdd, dataPlugin, dataQuery, dataSplit } from '../index.ts';

// Several tests share two cores.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const ROWS = 1_000;
const line = (id: number): string =>
  `${id},${id % 10 === 0 ? 'rare' : 'usual'},g${id % 20},${new Date(Math.floor(((id * 7919) % ROWS) / 3) * 86_400_000).toISOString()}`;

describe('a split', () => {
  let project: TemporaryProject;
  let host: Host;
  const add = async (name: string, ids: readonly number[]): Promise<void> => {
    await writeFile(join(project.dir, 'rows.csv'), `id,kind,owner,at\n${ids.map(line).join('\n')}\n`);
    await host.run(dataAdd, { path: 'rows.csv', name }, { surface: 'cli' });
  };
  const ids = Array.from({ length: ROWS }, (_, id) => id);
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
    await add('rows', ids);
    await add('reversed', [...ids.toReversed(), 5_000]);
  });
  afterAll(() => project.remove());

  /** The part of each id. */
  const parts = async (of: string, split: string): Promise<Map<number, string>> => {
    const sql = `SELECT id, part FROM (SELECT *, row_number() OVER () - 1 AS place FROM "${of}") JOIN "${split}" s ON s.row = place ORDER BY id`;
    const { rows } = await host.run(dataQuery, { sql, limit: 10_000 });
    return new Map(rows.map(({ id, part }) => [Number(id), String(part)]));
  };
  const share = (of: Iterable<string>, part: string): number => {
    const all = [...of];
    return all.filter((one) => one === part).length / all.length;
  };

  it('is a dataset version, made from its dataset, and the same again for the same spec', async () => {
    const first = await host.run(dataSplit, { name: 'rows', validation: 0.1 });
    expect(first).toMatchObject({ dataset: 'rows.split', version: 1, of: 'rows@1', rows: ROWS });
    expect(first.parts.map(({ part }) => part)).toEqual(['test', 'train', 'validation']);
    const lineage = await host.service(lineageToken);
    expect(await lineage.into('dataset:rows.split@1')).toMatchObject([
      { from: 'dataset:rows@1', kind: 'split' },
    ]);
    expect((await host.run(dataSplit, { name: 'rows', validation: 0.1 })).version).toBe(1);
    expect((await host.run(dataSplit, { name: 'rows', validation: 0.1, seed: 1 })).version).toBe(2);
    const found = await parts('rows', 'rows.split@1');
    // Five deviations of a binomial.
    expect(Math.abs(share(found.values(), 'test') - 0.2)).toBeLessThan(5 * Math.sqrt((0.2 * 0.8) / ROWS));
  });

  it('keeps a row in its part by its key, whatever the order and the other rows', async () => {
    await host.run(dataSplit, { name: 'rows', key: ['id'], as: 'a' });
    await host.run(dataSplit, { name: 'reversed', key: ['id'], as: 'b' });
    const [a, b] = [await parts('rows', 'a'), await parts('reversed', 'b')];
    for (const id of ids) expect(b.get(id)).toBe(a.get(id));
  });

  it('keeps the order of rows where it need not sort', async () => {
    const many = Array.from({ length: 400_000 }, (_, id) => id);
    await writeFile(join(project.dir, 'many.csv'), `id\n${many.join('\n')}\n`);
    await host.run(dataAdd, { path: 'many.csv', name: 'many' }, { surface: 'cli' });
    await host.run(dataSplit, { name: 'many' });
    const sql =
      'SELECT count(*) AS n, count(*) FILTER (WHERE "row" <> place) AS moved FROM (SELECT "row", row_number() OVER () - 1 AS place FROM "many.split")';
    const { rows } = await host.run(dataQuery, { sql });
    expect(rows).toEqual([{ n: 400_000, moved: 0 }]);
  });

  it('divides every stratum alike', async () => {
    await host.run(dataSplit, { name: 'rows', kind: 'stratified', by: 'kind', as: 'strata' });
    const found = await parts('rows', 'strata');
    const rare = ids.filter((id) => id % 10 === 0).map((id) => found.get(id) ?? '');
    expect(share(rare, 'test')).toBe(0.2);
    expect(share(found.values(), 'test')).toBe(0.2);
  });

  it('keeps groups whole', async () => {
    await host.run(dataSplit, { name: 'rows', kind: 'grouped', by: 'owner', as: 'groups' });
    const found = await parts('rows', 'groups');
    for (const id of ids) expect(found.get(id)).toBe(found.get(id % 20));
  });

  it('holds out the latest rows, and no moment is on both sides', async () => {
    await host.run(dataSplit, { name: 'rows', kind: 'time', by: 'at', validation: 0.1, as: 'time' });
    const found = await parts('rows', 'time');
    const moment = (id: number): number => Math.floor(((id * 7919) % ROWS) / 3);
    const moments = (part: string): number[] => ids.filter((id) => found.get(id) === part).map(moment);
    expect(Math.max(...moments('train'))).toBeLessThan(Math.min(...moments('validation')));
    expect(Math.max(...moments('validation'))).toBeLessThan(Math.min(...moments('test')));
    expect(share(found.values(), 'test')).toBeCloseTo(0.2, 2);
  });

  it('says where the parts begin and end, and of rows without a time, which are never the latest', async () => {
    const times = ['2024-01-01', '', '2024-01-03', '2024-01-04', '2024-01-05', '2024-01-06'];
    await writeFile(join(project.dir, 'a.csv'), `at,n\n${times.map((at, n) => `${at},${n}.5`).join('\n')}\n`);
    await host.run(dataAdd, { path: 'a.csv', name: 'gaps' }, { surface: 'cli' });
    expect((await host.run(dataSplit, { name: 'gaps', kind: 'time', by: 'at' })).parts).toEqual([
      { part: 'test', rows: 1, from: '2024-01-06 00:00:00', to: '2024-01-06 00:00:00', withoutTime: 0 },
      { part: 'train', rows: 5, from: '2024-01-01 00:00:00', to: '2024-01-05 00:00:00', withoutTime: 1 },
    ]);
    await writeFile(join(project.dir, 'a.csv'), 'at\n0.5\nnan\ninf\n1.5\n2.5\n3.5\n');
    await host.run(dataAdd, { path: 'a.csv', name: 'odd' }, { surface: 'cli' });
    expect((await host.run(dataSplit, { name: 'odd', kind: 'time', by: 'at' })).parts).toMatchObject([
      { part: 'test', rows: 1, from: '3.5', withoutTime: 0 },
      { part: 'train', rows: 5, to: '2.5', withoutTime: 2 },
    ]);
  });

  it('makes folds', async () => {
    const { parts: folds } = await host.run(dataSplit, {
      name: 'rows',
      kind: 'folds',
      folds: 4,
      as: 'folds',
    });
    expect(folds.map(({ part }) => part)).toEqual(['fold-0', 'fold-1', 'fold-2', 'fold-3']);
    expect(folds.reduce((sum, { rows }) => sum + rows, 0)).toBe(ROWS);
  });

  it.each([
    [{ kind: 'time' }, 'TRS_DATA_SPLIT'],
    [{ by: 'kind' }, 'TRS_DATA_SPLIT'],
    [{ test: 0.6, validation: 0.5 }, 'TRS_DATA_SPLIT'],
    [{ kind: 'time', by: 'kind' }, 'TRS_DATA_SPLIT'],
    [{ kind: 'stratified', by: 'nothing' }, 'TRS_DATA_UNKNOWN_COLUMN'],
    [{ key: ['nothing'] }, 'TRS_DATA_UNKNOWN_COLUMN'],
    [{ test: 0.0001 }, 'TRS_DATA_SPLIT'],
  ] as const)('refuses %j', async (spec, code) => {
    const { key, ...rest } = { key: [], ...spec };
    await expect(host.run(dataSplit, { name: 'rows', key: [...key], ...rest })).rejects.toMatchObject({
      code,
    });
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataAdd, dataDiff, dataPlugin } from '../index.ts';
import { jensenShannon } from './distribution-distance.ts';

describe('the difference between two versions', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
  });
  afterEach(() => project.remove());
  const add = async (csv: string) => {
    await writeFile(join(project.dir, 'a.csv'), csv);
    await host.run(dataAdd, { path: 'a.csv', name: 'things' }, { surface: 'cli' });
  };
  const diff = (key?: string) =>
    host.run(dataDiff, { from: 'things@1', to: 'things@2', ...(key === undefined ? {} : { key }) });

  it('is columns that came, went and changed their type', async () => {
    await add('id,a,b\n1,1,x\n');
    await add('id,a,c\n1,one,y\n');
    const { schema, columns } = await diff('id');
    expect(schema).toEqual({
      added: ['c'],
      removed: ['b'],
      retyped: [{ name: 'a', from: 'integer', to: 'string' }],
    });
    expect(columns.map(({ name, distance }) => [name, distance])).toEqual([
      ['id', 0],
      ['a', 1],
    ]);
  });

  it('is rows by their key, with what changed in them', async () => {
    await add('id,"a ""b"".c",n\n1,x,1\n2,y,2\n3,z,\n4,w,4\n');
    await add('id,"a ""b"".c",n\n1,x,1\n2,y,20\n3,Z,3\n5,v,5\n');
    const { rows, columns } = await diff('id');
    expect(rows).toEqual({
      by: 'id',
      added: 1,
      removed: 1,
      changed: 2,
      examples: {
        added: [{ id: 5, 'a "b".c': 'v', n: 5 }],
        removed: [{ id: 4, 'a "b".c': 'w', n: 4 }],
        changed: [
          { key: 2, columns: { n: { from: 2, to: 20 } } },
          { key: 3, columns: { 'a "b".c': { from: 'z', to: 'Z' }, n: { from: null, to: 3 } } },
        ],
      },
    });
    expect(columns.map((column) => column.changed)).toEqual([undefined, 1, 2]);
  });

  it('is whole rows without a key, each as often as it occurs', async () => {
    await add('a\n1\n1\n2\n');
    await add('a\n1\n2\n2\n3\n');
    expect((await diff()).rows).toMatchObject({ by: 'row', added: 2, removed: 1, changed: 0 });
  });

  it('is rows by their key, when they have more columns than one statement compares', async () => {
    const names = Array.from({ length: 700 }, (_, n) => `c${n}`);
    const row = (id: number, first: number, last: string) =>
      [id, first, ...names.slice(2).map(() => 7), last].join(',');
    await add(`id,${names}\n${row(1, 1, 'a')}\n${row(2, 1, 'a')}\n${row(3, 2, 'b')}\n${row(4, 2, 'b')}\n`);
    await add(`id,${names}\n${row(1, 5, 'z')}\n${row(2, 1, 'a')}\n${row(3, 2, 'c')}\n${row(9, 2, 'b')}\n`);
    const { rows, columns } = await diff('id');
    expect(rows).toEqual({
      by: 'id',
      added: 1,
      removed: 1,
      changed: 2,
      examples: {
        added: [],
        removed: [],
        changed: [
          { key: 1, columns: { c0: { from: 1, to: 5 }, c699: { from: 'a', to: 'z' } } },
          { key: 3, columns: { c699: { from: 'b', to: 'c' } } },
        ],
      },
    });
    const changed = columns.filter((column) => column.changed).map((column) => [column.name, column.changed]);
    expect(changed).toEqual([
      ['c0', 1],
      ['c699', 2],
    ]);
  });

  it('is whole rows by their digests, when they have more than 500 columns', async () => {
    const names = Array.from({ length: 1_200 }, (_, n) => `c${n}`);
    const row = (first: number, last: string) => [first, ...names.slice(2).map(() => 7), last].join(',');
    await add(`${names}\n${row(1, 'a')}\n${row(1, 'a')}\n${row(2, 'b')}\n`);
    await add(`${names}\n${row(1, 'a')}\n${row(2, 'c')}\n${row(3, 'b')}\n`);
    expect((await diff()).rows).toMatchObject({ by: 'row', added: 2, removed: 2, changed: 0 });
  });

  it('is nothing between a version and itself', async () => {
    await add('a,b\n1,x\n2,y\n');
    const same = await host.run(dataDiff, { from: 'things@1', to: 'things', key: 'a' });
    expect(same.rows).toMatchObject({ added: 0, removed: 0, changed: 0 });
    expect(same.columns.map((column) => column.distance)).toEqual([0, 0]);
  });

  it('sees values that moved', async () => {
    const rows = (shift: number) => Array.from({ length: 500 }, (_, n) => `${(n % 50) + shift},${n % 4}`);
    await add(['a,b', ...rows(0)].join('\n'));
    await add(['a,b', ...rows(25)].join('\n'));
    const { columns } = await diff();
    expect(columns[0]?.distance).toBeGreaterThan(0.3);
    expect(columns[1]?.distance).toBe(0);
  });

  it('refuses a key that is not one', async () => {
    await add('a,b\n1,1\n1,2\n');
    await add('a,b\n1,1\n2,2\n');
    await expect(diff('a')).rejects.toMatchObject({ code: 'TRS_DATA_KEY_NOT_UNIQUE' });
    await expect(diff('zz')).rejects.toMatchObject({ code: 'TRS_DATA_UNKNOWN_COLUMN' });
  });
});

describe('the Jensen-Shannon distance', () => {
  it('is 0 for the same shares, 1 for nothing in common, and symmetric', () => {
    expect(
      jensenShannon([
        [1, 10],
        [3, 30],
      ]),
    ).toBeCloseTo(0, 12);
    expect(
      jensenShannon([
        [5, 0],
        [0, 9],
      ]),
    ).toBe(1);
    expect(
      jensenShannon([
        [3, 1],
        [1, 3],
      ]),
    ).toBeCloseTo(
      jensenShannon([
        [1, 3],
        [3, 1],
      ]),
      12,
    );
  });
});

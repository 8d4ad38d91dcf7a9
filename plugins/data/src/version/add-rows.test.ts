import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Datasets, datasetsToken } from '@trestle/contracts';
import { type Host, systemPrincipal } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataAdd, dataPlugin, dataQuery } from '../index.ts';

const actor = { principal: systemPrincipal, requestId: 'r', operation: 'test' };

describe('rows that a program gives', () => {
  let project: TemporaryProject;
  let host: Host;
  let datasets: Datasets;
  beforeEach(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
    datasets = await host.service(datasetsToken);
  });
  afterEach(() => project.remove());

  const add = async (rows: readonly Readonly<Record<string, unknown>>[], appendTo?: string) =>
    await datasets.addRows(actor, {
      name: 'made',
      source: 'test',
      rows: (async function* () {
        yield* rows;
      })(),
      ...(appendTo === undefined ? {} : { appendTo }),
    });
  const rows = async () => (await host.run(dataQuery, { sql: 'SELECT * FROM made' })).rows;

  it('have the types of their values, whatever texts look like', async () => {
    const { columns } = await add([
      {
        code: '007',
        answer: 'NO',
        id: '12345678901234567890',
        large: 9_007_199_254_740_993n,
        n: 5,
        x: 0.5,
        ok: true,
        at: new Date('2024-01-05T10:00:00.250Z'),
        list: [1, 2],
        day: '05/01/2024',
      },
      {
        code: '1',
        answer: 'T',
        id: '1',
        large: 1n,
        n: -3,
        x: 7,
        ok: false,
        at: null,
        list: { a: 1n },
        day: '1',
      },
    ]);
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'code string',
      'answer string',
      'id string',
      'large integer',
      'n integer',
      'x number',
      'ok boolean',
      'at timestamp',
      'list string',
      'day string',
    ]);
    expect(await rows()).toEqual([
      {
        code: '007',
        answer: 'NO',
        id: '12345678901234567890',
        large: '9007199254740993',
        n: 5,
        x: 0.5,
        ok: true,
        at: '2024-01-05T10:00:00.25Z',
        list: '[1,2]',
        day: '05/01/2024',
      },
      {
        code: '1',
        answer: 'T',
        id: '1',
        large: 1,
        n: -3,
        x: 7,
        ok: false,
        at: null,
        list: '{"a":"1"}',
        day: '1',
      },
    ]);
  });

  it('keep a NaN and infinities among numbers', async () => {
    await add([{ x: 0.5 }, { x: Number.NaN }, { x: Number.NEGATIVE_INFINITY }, { x: -0 }]);
    expect((await rows()).map(({ x }) => x)).toEqual([0.5, 'NaN', '-Infinity', -0]);
  });

  describe('behind a version', () => {
    beforeEach(async () => {
      await writeFile(
        join(project.dir, 'made.csv'),
        'n,x,price,ok,at,code\n1,0.5,1.10,true,2024-01-05 10:00:00,007\n',
      );
      await host.run(dataAdd, { path: 'made.csv', name: 'made' }, { surface: 'cli' });
    });

    it('are of its types, however they are written, and may leave out what is missing', async () => {
      await add(
        [
          { n: 2, x: 3, price: 2.5, ok: false, at: '2024-01-06T10:00:00.000+02:00', code: 5 },
          { code: 'b', n: '7' },
        ],
        'made',
      );
      expect((await rows()).slice(1)).toEqual([
        { n: 2, x: 3, price: 2.5, ok: false, at: '2024-01-06T08:00:00Z', code: '5' },
        { n: 7, x: null, price: null, ok: null, at: null, code: 'b' },
      ]);
    });

    it('make decimals wider where they have more places', async () => {
      await add([{ price: 1.255 }], 'made');
      const { rows: prices } = await host.run(dataQuery, { sql: 'SELECT price::VARCHAR AS price FROM made' });
      expect(prices).toEqual([{ price: '1.100' }, { price: '1.255' }]);
    });

    it.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
      ['a fraction among whole numbers', { n: 5.5 }, 'TRS_DATA_BAD_ROWS'],
      ['a word among times', { at: 'yesterday' }, 'TRS_DATA_BAD_ROWS'],
      ['a column that it does not have', { other: 1 }, 'TRS_DATA_COLUMNS_DIFFER'],
    ])('are refused with %s', async (_, row, code) => {
      await expect(add([row], 'made')).rejects.toMatchObject({ code });
      expect(await rows()).toHaveLength(1);
    });
  });

  it('are at least one', async () => {
    await expect(add([])).rejects.toMatchObject({ code: 'TRS_DATA_EMPTY' });
  });
});

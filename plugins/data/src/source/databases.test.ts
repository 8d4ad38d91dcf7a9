import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Host } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataAdd, dataList, dataPlugin, dataQuery } from '../index.ts';

const DIGITS = [0, 1, 2, 3, 4].map(
  (place) =>
    `(SELECT 0 AS n ${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `UNION SELECT ${n}`).join(' ')}) AS d${place}`,
);

const SERVERS = [
  {
    name: 'PostgreSQL',
    variable: 'TRESTLE_TEST_POSTGRES',
    typed: `SELECT 1::bigint AS i, 2.5::numeric AS n, 'ü'::text AS t, true AS b,
      timestamp '2024-02-29 12:00:00.123456' AS at, '2024-02-29 12:00:00+02'::timestamptz AS zoned, date '2024-01-02' AS day,
      NULL::int AS nothing, '{"a": 1}'::jsonb AS doc`,
    many: 'SELECT n FROM generate_series(1, 20000) AS n ORDER BY n',
    write: 'CREATE TABLE trestle_must_not_be (n int)',
    stops: 'SELECT 10 / (n - 15000) AS x FROM generate_series(1, 20000) AS n',
  },
  {
    name: 'MySQL',
    variable: 'TRESTLE_TEST_MYSQL',
    typed: `SELECT 1 AS i, CAST(2.5 AS DECIMAL(5, 2)) AS n, 'ü' AS t, 1 = 1 AS b,
      CAST('2024-02-29 12:00:00.123456' AS DATETIME(6)) AS at, CAST('2024-02-29 10:00:00' AS DATETIME) AS zoned,
      CAST('2024-01-02' AS DATE) AS day, CAST(NULL AS SIGNED) AS nothing, '{"a": 1}' AS doc`,
    many: `SELECT 1 + ${DIGITS.map((_, place) => `${10 ** place} * d${place}.n`).join(' + ')} AS n FROM ${DIGITS.join(', ')} HAVING n <= 20000 ORDER BY n`,
    write: 'CREATE TEMPORARY TABLE x AS SELECT 1',
    stops: 'SELECT n FROM no_such_table',
  },
];

for (const { name, variable, ...sql } of SERVERS) {
  const address = process.env[variable];
  const why = address === undefined ? ` (not run: ${variable} names no server)` : '';
  describe.skipIf(address === undefined)(`${name}${why}`, () => {
    let project: TemporaryProject;
    let host: Host;
    beforeEach(async () => {
      project = await temporaryProject();
      host = await project.open([dataPlugin]);
    });
    afterEach(() => project.remove());
    const add = (query?: string, path = address ?? '', surface: 'cli' | 'http' = 'cli') =>
      host.run(dataAdd, { path, name: 'rows', ...(query === undefined ? {} : { query }) }, { surface });
    const nothing = async () => expect((await host.run(dataList, {})).datasets).toEqual([]);

    it('gives rows with its types, times in UTC', async () => {
      await add(sql.typed);
      const { rows } = await host.run(dataQuery, { sql: 'SELECT * FROM rows' });
      expect(rows).toMatchObject([
        {
          i: 1,
          n: 2.5,
          t: 'ü',
          at: '2024-02-29T12:00:00.123456Z',
          zoned: '2024-02-29T10:00:00Z',
          day: '2024-01-02T00:00:00Z',
          nothing: null,
        },
      ]);
      expect(JSON.parse(String(rows[0]?.doc))).toEqual({ a: 1 });
    });

    it('gives as many as there are, in their order', async () => {
      expect(await add(sql.many)).toMatchObject({ rows: 20_000 });
      const counted = 'SELECT count(*) AS n, sum(n) AS sum, min(n) AS least FROM rows';
      const { rows } = await host.run(dataQuery, { sql: counted });
      expect(rows).toEqual([{ n: 20_000, sum: 200_010_000, least: 1 }]);
    });

    it.each([
      ['writes', sql.write],
      ['stops in the middle', sql.stops],
      ['is no query', 'nonsense'],
    ])('with a query that %s says what the server said, and adds nothing', async (_, query) => {
      await expect(add(query)).rejects.toMatchObject({ code: 'TRS_DATA_DATABASE' });
      await nothing();
    });

    it('has names that come twice, or differ in case only, taken with others, or refused', async () => {
      const query = 'SELECT 1 AS a, 2 AS a, 3 AS "A"';
      const named = { path: address ?? '', name: 'rows', query };
      const { columns, notes } = await host.run(dataAdd, named, { surface: 'cli' });
      expect(columns.map((column) => column.name)).toEqual(['a', 'a_2', 'A_3']);
      expect(notes).toHaveLength(2);
      const strict = host.run(dataAdd, { ...named, names: 'strict' }, { surface: 'cli' });
      await expect(strict).rejects.toMatchObject({ code: 'TRS_DATA_HEADER' });
    });

    it('lets its connection go where what it gives is refused: the process can end', async () => {
      const file = fileURLToPath(new URL('./databases.test.child.ts', import.meta.url));
      const child = spawn(process.execPath, [file, project.dir, address ?? '', 'SELECT 1 AS a, 2 AS a'], {
        stdio: ['ignore', 'ignore', 'inherit'],
        timeout: 20_000,
      });
      expect(await once(child, 'close')).toEqual([3, null]);
    });

    it('says that there are no rows, that a query is missing, and that nobody is there', async () => {
      await expect(add('SELECT 1 AS x WHERE 1 = 0')).rejects.toMatchObject({ code: 'TRS_DATA_EMPTY' });
      await expect(add()).rejects.toMatchObject({ code: 'TRS_DATA_QUERY_MISSING' });
      const nobody = new URL(address ?? '');
      nobody.port = '9';
      await expect(add('SELECT 1 AS x', nobody.href)).rejects.toMatchObject({ code: 'TRS_DATA_DATABASE' });
      await nothing();
    });

    it('is not asked for a caller over HTTP, unless its owner allows it', async () => {
      await expect(add(sql.many, address, 'http')).rejects.toMatchObject({ code: 'TRS_DATA_SOURCE_REFUSED' });
      await nothing();
    });
  });
}

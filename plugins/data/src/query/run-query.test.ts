import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataAdd, dataPlugin, dataQuery } from '../index.ts';

describe('a query over versions', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeAll(async () => {
    project = await temporaryProject();
    const query = { timeoutMs: 4_000, memoryMiB: 128, concurrency: 2 };
    await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify({ data: { query } }));
    host = await project.open([dataPlugin]);
    const add = async (name: string, csv: string) => {
      await writeFile(join(project.dir, 'a.csv'), csv);
      await host.run(dataAdd, { path: 'a.csv', name }, { surface: 'cli' });
    };
    await add('birds', 'id,size,seen\n1,Small,2001-02-03 04:05:06\n2,Large,\n');
    await add('birds', 'id,size,seen\n1,Small,2001-02-03 04:05:06\n2,Large,\n3,Huge,2002-01-01 00:00:00\n');
    await add('sizes', 'size,grams\nSmall,20.5\nLarge,900\n');
    await add('odd.name-1', 'x\n1\n');
  });
  afterAll(() => project.remove());
  const ask = (sql: string, limit = 1_000) => host.run(dataQuery, { sql, limit });

  it('joins versions by name, and gives typed rows', async () => {
    const answer = await ask(
      `SELECT b.id, grams, seen, [1, 2] AS list, {'a': 1} AS struct, 1.25::DECIMAL(9,2) AS price, 9007199254740993 AS big
       FROM birds b LEFT JOIN sizes USING (size) ORDER BY id`,
    );
    expect(answer.columns.slice(0, 3)).toEqual([
      { name: 'id', type: 'BIGINT' },
      { name: 'grams', type: 'DOUBLE' },
      { name: 'seen', type: 'TIMESTAMP' },
    ]);
    const more = { list: [1, 2], struct: { a: 1 }, price: 1.25, big: '9007199254740993' };
    expect(answer.rows).toEqual([
      { id: 1, grams: 20.5, seen: '2001-02-03T04:05:06Z', ...more },
      { id: 2, grams: 900, seen: null, ...more },
      { id: 3, grams: null, seen: '2002-01-01T00:00:00Z', ...more },
    ]);
  });

  it.each([
    ['SELECT count(*) AS n FROM "birds@1"', 2],
    ['SELECT count(*) AS n FROM birds', 3],
    ['FROM "odd.name-1" SELECT x AS n', 1],
    ['WITH b AS (FROM birds) SELECT count(*) AS n FROM b', 3],
    [
      'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 9) SELECT max(n) AS n FROM t',
      9,
    ],
    ['SELECT count(*) AS n FROM range(5)', 5],
    ["SELECT length('read_csv COPY ; ATTACH --') AS n", 25],
    ["SELECT count(*) AS n FROM (PIVOT birds ON size IN ('Small', 'Large') USING count(*))", 3],
    ['SELECT n FROM (VALUES (7)) v(n)', 7],
    ["SELECT n FROM (SELECT 1 AS n, 'getenv' AS getenv)", 1],
  ])('runs %s', async (sql, n) => {
    expect((await ask(sql)).rows).toEqual([{ n }]);
  });

  it('stops at the limit, and says that there is more', async () => {
    expect(await ask('SELECT * FROM range(1000000000000)', 3)).toMatchObject({
      rows: [{ range: 0 }, { range: 1 }, { range: 2 }],
      truncated: true,
    });
    expect(await ask('SELECT * FROM range(3)', 3)).toMatchObject({ truncated: false });
  });

  const OUT = '/tmp/trestle-query-must-not-write';
  const REFUSED: readonly string[] = [
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM READ_CSV_AUTO('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM read_parquet('/tmp/*')",
    "SELECT * FROM parquet_scan('x')",
    "SELECT * FROM parquet_metadata('x')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM read_json('http://169.254.169.254/latest/meta-data')",
    "FROM 'https://example.com/x.parquet'",
    "SELECT (SELECT content FROM read_text('/etc/passwd'))",
    "SELECT 1 WHERE EXISTS (SELECT * FROM read_text('/etc/passwd'))",
    "WITH x AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM x",
    "SELECT * FROM birds JOIN LATERAL (SELECT * FROM glob('/*')) ON true",
    "SELECT * FROM birds UNION ALL SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('birds')",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    "SELECT json_serialize_plan('SELECT * FROM ''/etc/passwd''')",
    "SELECT getenv('HOME')",
    "SELECT current_setting('temp_directory')",
    "SELECT getvariable('x')",
    "SELECT nextval('x')",
    "SELECT write_log('x')",
    'SELECT pg_get_viewdef(1)',
    'SELECT * FROM duckdb_settings()',
    'SELECT * FROM duckdb_views()',
    'SELECT * FROM duckdb_secrets()',
    'SELECT * FROM pragma_database_size()',
    'SELECT * FROM information_schema.tables',
    'SELECT * FROM pg_catalog.pg_class',
    'SELECT * FROM sqlite_master',
    'SELECT * FROM system.main.duckdb_settings',
    'SELECT * FROM main.birds',
    'SHOW TABLES',
    'SHOW ALL TABLES',
    'SHOW DATABASES',
    `COPY birds TO '${OUT}'`,
    `COPY (SELECT 1) TO '${OUT}' (FORMAT csv)`,
    `EXPORT DATABASE '${OUT}'`,
    `ATTACH '${OUT}' AS x`,
    'DETACH memory',
    'INSTALL httpfs',
    'LOAD httpfs',
    'PRAGMA version',
    'CALL duckdb_settings()',
    "SET memory_limit = '100GB'",
    'RESET memory_limit',
    'SET VARIABLE x = 1',
    'CREATE TABLE t AS SELECT 1',
    "CREATE SECRET s (TYPE s3, KEY_ID 'x')",
    'CREATE MACRO m() AS 1',
    'INSERT INTO birds VALUES (1)',
    'DELETE FROM birds',
    'UPDATE birds SET id = 1',
    'DROP VIEW birds',
    'ALTER VIEW birds RENAME TO x',
    'BEGIN',
    'CHECKPOINT',
    'VACUUM',
    'USE memory',
    'PREPARE p AS SELECT 1',
    'EXECUTE p',
    'EXPLAIN ANALYZE SELECT 1',
    'SELECT 1; SELECT 2',
    `SELECT 1; COPY (SELECT 1) TO '${OUT}'`,
    `/* SELECT */ COPY (SELECT 1) TO '${OUT}' -- SELECT`,
    'SELECT 1 AS "x"; DROP VIEW birds; --',
    'SELECT * FROM birds AT (VERSION => 1)',
    'SELECT',
    ')',
    ';',
  ];

  it.each(REFUSED.map((sql) => [sql.slice(0, 80), sql]))('refuses %s', async (_, sql) => {
    await expect(ask(sql)).rejects.toMatchObject({
      code: expect.stringMatching(
        /^TRS_DATA_QUERY_(REFUSED|FAILED)$|^TRS_REFERENCE_INVALID$|^TRS_DATA_UNKNOWN_/,
      ),
    });
    expect(existsSync(OUT)).toBe(false);
  });

  it('does not show where the rows lie', async () => {
    for (const sql of [
      'SELECT filename FROM birds',
      'SELECT file_row_number FROM birds',
      'SELECT rowid FROM birds',
    ]) {
      await expect(ask(sql)).rejects.toMatchObject({ code: 'TRS_DATA_QUERY_FAILED' });
    }
  });

  it('names what is not there', async () => {
    await expect(ask('SELECT * FROM brids')).rejects.toMatchObject({
      code: 'TRS_DATA_UNKNOWN_DATASET',
      message: expect.stringContaining('"birds"'),
    });
    await expect(ask('SELECT * FROM "birds@9"')).rejects.toMatchObject({ code: 'TRS_DATA_UNKNOWN_VERSION' });
    await expect(ask('SELECT sze FROM birds')).rejects.toMatchObject({
      code: 'TRS_DATA_QUERY_FAILED',
      message: expect.stringContaining('sze'),
    });
  });

  it('ends a query that takes too long, and one that needs too much memory, and answers the next', async () => {
    await expect(
      ask('SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE (a.range * b.range) % 7 = 3'),
    ).rejects.toMatchObject({ code: 'TRS_DATA_QUERY_TIMEOUT' });
    await expect(ask("SELECT length(repeat(repeat('x', 1000000), 3000))")).rejects.toMatchObject({
      code: expect.stringMatching(/^TRS_DATA_QUERY_(MEMORY|FAILED)$/),
    });
    await expect(ask('SELECT list(range) FROM range(100000000)')).rejects.toMatchObject({
      code: 'TRS_DATA_QUERY_MEMORY',
    });
    expect((await ask('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
  });

  it('can be interrupted, and keeps no folder of its own', async () => {
    const controller = new AbortController();
    const asking = host.run(
      dataQuery,
      {
        sql: 'SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE (a.range * b.range) % 7 = 3',
      },
      { signal: controller.signal },
    );
    setTimeout(() => controller.abort(), 500);
    await expect(asking).rejects.toMatchObject({ code: 'TRS_INTERRUPTED' });
    expect(await readdir(join(project.dir, '.trestle', 'blobs', 'tmp'))).toEqual([]);
  });

  it('refuses at once what is more than may run', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 5 }, () => ask('SELECT 1 AS n')));
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(refused).toHaveLength(3);
    expect(refused[0]?.reason).toMatchObject({ code: 'TRS_DATA_QUERY_BUSY', kind: 'overloaded' });
  });
});

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, openEngine } from '@trestle/tables';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataConfig } from '../config/data-config.ts';
import { writePart } from './write-part.ts';

describe('a written part', () => {
  let dir: string;
  let engine: Engine;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-part-'));
    engine = await openEngine(dataConfig.schema.parse({}), { dirs: [dir] });
  });
  afterEach(async () => {
    engine.close();
    await rm(dir, { recursive: true });
  });

  it('is told of as its file is: bytes, rows, and what is missing, whatever the columns are called', async () => {
    const columns = [
      { name: 'a.b', type: 'integer' },
      { name: 'q"uote', type: 'string' },
      { name: 'line\nbreak, 😀', type: 'boolean' },
      { name: 'select', type: 'number' },
      { name: 'Größe', type: 'timestamp' },
    ] as const;
    // More than one row group.
    const rows = 300_000;
    const relation = `(SELECT CASE WHEN n % 3 = 0 THEN n END AS "a.b", NULL AS "q""uote", n > 5 AS "line\nbreak, 😀",
      n / 2 AS select, CASE WHEN n > 250_000 THEN TIMESTAMP '2020-01-01' END AS "Größe" FROM range(${rows}) t(n))`;
    const part = await writePart(engine, relation, columns, dir);
    expect(part).toMatchObject({ rows, bytes: (await stat(part.path)).size });
    expect(part.columns.map(({ nulls }) => nulls)).toEqual([200_000, rows, 0, 0, 250_001]);
    const stored = await engine.rows(
      `SELECT column_id, sum(stats_null_count) AS nulls, count(*) AS groups FROM parquet_metadata('${part.path}')
        GROUP BY 1 ORDER BY 1`,
    );
    expect(stored.map(({ nulls }) => Number(nulls))).toEqual(part.columns.map(({ nulls }) => nulls));
    expect(Number(stored[0]?.groups)).toBeGreaterThan(1);
  });

  it('may have no rows', async () => {
    const columns = [{ name: 'n', type: 'integer' }] as const;
    expect(await writePart(engine, '(SELECT 1 AS n WHERE false)', columns, dir)).toMatchObject({
      rows: 0,
      columns: [{ name: 'n', type: 'integer', nulls: 0 }],
    });
  });
});

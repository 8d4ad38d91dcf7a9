import type { ColumnType } from '@trestle/contracts';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../engine/engine.ts';
import { dataPlugin } from '../index.ts';
import { countsOf } from './column-values.ts';
import { type Basics, isNumeric } from './profiled-column.ts';
import { valuesTogether } from './values-together.ts';

let project: TemporaryProject;
let engine: Engine;
beforeEach(async () => {
  project = await temporaryProject();
  const host = await project.open([dataPlugin]);
  engine = await openEngine(host.context({ id: 'test', access: 'data:read' }), { dirs: [project.dir] });
});
afterEach(async () => {
  engine.close();
  await project.remove();
});

describe('the values of many columns together', () => {
  it('are what each column alone gives', async () => {
    const columns: Record<string, [ColumnType, string]> = {
      'a "b"': ['integer', 'range * 31 % 97 - 40'],
      same: ['integer', '7::BIGINT'],
      some: [
        'number',
        "CASE WHEN range % 7 = 0 THEN NULL WHEN range = 11 THEN 'inf'::DOUBLE ELSE sin(range) END",
      ],
      few: ['number', 'round(cos(range), 1)'],
      word: [
        'string',
        "CASE WHEN range % 5 = 0 THEN NULL ELSE 'w' || range % 30 || repeat('é', (range % 4)::INTEGER) END",
      ],
      none: ['string', 'NULL::VARCHAR'],
      flag: ['boolean', 'range % 3 = 0'],
      day: ['timestamp', "TIMESTAMP '2024-01-01' + to_days((range % 40)::INTEGER)"],
    };
    const list = Object.entries(columns).map(
      ([name, [, sql]]) => `${sql} AS "${name.replaceAll('"', '""')}"`,
    );
    await engine.run(`CREATE TABLE t AS SELECT ${list.join(', ')} FROM range(1000)`);
    const basics: Basics[] = [];
    for (const [name, [type]] of Object.entries(columns)) {
      const column = `"${name.replaceAll('"', '""')}"`;
      const finite = isNumeric(type) ? `FILTER (isfinite(${column}::DOUBLE))` : '';
      const [row = {}] = await engine.rows(
        `SELECT count(${column}) AS n, count(DISTINCT ${column}) AS d, min(${column}) ${finite} AS l, max(${column}) ${finite} AS h FROM t`,
      );
      const bound = (value: unknown) => (isNumeric(type) ? Number(value) : String(value));
      basics.push({
        name,
        type,
        count: Number(row.n),
        distinct: Number(row.d),
        min: bound(row.l),
        max: bound(row.h),
        mean: null,
        std: null,
      });
    }
    const together = await valuesTogether(engine, 't', basics);
    expect([...together.keys()].toSorted()).toEqual(
      Object.keys(columns)
        .filter((name) => name !== 'none')
        .toSorted(),
    );
    for (const basic of basics.filter(({ count }) => count > 0))
      expect([basic.name, together.get(basic.name)]).toEqual([
        basic.name,
        await countsOf(engine, 't', basic, undefined),
      ]);
  });
});

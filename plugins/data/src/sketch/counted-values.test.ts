import type { ColumnType } from '@trestle/contracts';
import { binsBetween, pointsOf, thinPoints } from '@trestle/statistics';
import { countedValues, type Engine, openEngine } from '@trestle/tables';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataConfig } from '../config/data-config.ts';
import { dataPlugin } from '../index.ts';

let project: TemporaryProject;
let engine: Engine;
beforeEach(async () => {
  project = await temporaryProject();
  const host = await project.open([dataPlugin]);
  engine = await openEngine(host.context({ id: 'test', access: 'data:read' }).config(dataConfig), {
    dirs: [project.dir],
  });
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
    const typed = Object.entries(columns).map(([name, [type]]) => ({ name, type }));
    for (const keep of [1_000, 25]) {
      const keeping = { keep, bits: 12 };
      const together = await countedValues(engine, 't', typed, keeping);
      for (const one of typed) {
        const alone = await countedValues(engine, 't', [one], keeping);
        const [a, b] = [together.get(one.name), alone.get(one.name)];
        expect({ ...a, moments: null }).toEqual({ ...b, moments: null });
        for (const power of ['mean', 'm2', 'm3', 'm4'] as const)
          expect(a?.moments?.[power] ?? 0).toBeCloseTo(b?.moments?.[power] ?? 0, 9);
      }
      expect([...together.keys()].toSorted()).toEqual(
        Object.keys(columns)
          .filter((name) => name !== 'none')
          .toSorted(),
      );
    }
  });

  it('have the points that thinning all of them leaves', async () => {
    await engine.run(
      "CREATE TABLE t AS SELECT round(exp(sin(range) * 3), 2) AS skewed, CASE WHEN range % 3 = 0 THEN 0 ELSE range END AS zeros, CASE WHEN range = 5 THEN 'nan'::DOUBLE ELSE range / 7 END AS even FROM range(5000)",
    );
    const typed = ['skewed', 'zeros', 'even'].map((name) => ({
      name,
      type: name === 'zeros' ? ('integer' as const) : ('number' as const),
    }));
    const found = await countedValues(engine, 't', typed, { keep: 25, bits: 12 });
    for (const { name } of typed) {
      const rows = await engine.rows(
        `SELECT ${name} AS v, count(*) AS n FROM t WHERE isfinite(${name}::DOUBLE) GROUP BY 1`,
      );
      const all = pointsOf(rows.map(({ v, n }) => [Number(v), Number(n)] as const));
      const { min, max, points } = found.get(name) ?? {};
      expect(points).toEqual(thinPoints(all, binsBetween(min ?? null, max ?? null)));
    }
  });
});

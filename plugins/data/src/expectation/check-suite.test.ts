import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { suiteSchema } from '../config/suite.ts';
import { dataAdd, dataPlugin, dataShow, dataValidate, type ExpectationInput } from '../index.ts';
import { withVersion } from '../version/version-relation.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';
import { checkSuite } from './check-suite.ts';

describe('a suite', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
    await add('airports', 'code,city\nAAA,x\nBBB,y\n');
    const flights = (many: number, late: number) =>
      Array.from({ length: many }, (_, n) => `${n},${n % 2 ? 'AAA' : 'BBB'},${(n % 10) * late}`).join('\n');
    await add('flights', `id,from,delay\n${flights(100, 1)}\n`);
    await add('flights', `id,from,delay\n${flights(98, 5)}\n98,CCC,\n98,AAA,0\n`);
  });
  afterAll(() => project.remove());

  async function add(name: string, csv: string): Promise<void> {
    await writeFile(join(project.dir, 'a.csv'), csv);
    await host.run(dataAdd, { path: 'a.csv', name }, { surface: 'cli' });
  }
  const check = async (expectations: readonly ExpectationInput[]) => {
    await writeFile(join(project.dir, 'suite.json'), JSON.stringify({ expectations }));
    return await host.run(dataValidate, { name: 'flights@2', suite: 'suite.json' }, { surface: 'cli' });
  };

  it.each<readonly [ExpectationInput, boolean, Record<string, unknown>]>([
    [
      { type: 'column.notNull', column: 'delay' },
      false,
      { failures: 1, examples: [{ row: 99, values: { delay: null } }] },
    ],
    [{ type: 'column.notNull', column: 'delay', mostly: 0.99 }, true, { failures: 1 }],
    [{ type: 'column.unique', column: 'id' }, false, { failures: 2 }],
    [{ type: 'column.unique', column: 'id', mostly: 0.98 }, true, { failures: 2 }],
    [{ type: 'table.unique', columns: ['id', 'from'] }, true, { failures: 0 }],
    [{ type: 'table.unique', columns: ['from'] }, false, { failures: 99 }],
    [{ type: 'column.aggregate', column: 'delay', of: 'mean', min: 20, max: 25 }, true, {}],
    [
      { type: 'column.aggregate', column: 'delay', of: 'max', max: 44 },
      false,
      { observed: 45, examples: [] },
    ],
    [{ type: 'column.aggregate', column: 'from', of: 'distinct', max: 3 }, true, { observed: 3 }],
    [{ type: 'column.aggregate', column: 'delay', of: 'nullShare', max: 0.005 }, false, { observed: 0.01 }],
    [{ type: 'table.sql', expression: 'max("delay") > 3 * avg("delay")' }, false, {}],
    [{ type: 'table.sql', expression: 'count(*) = 100' }, true, {}],
    [
      { type: 'column.references', column: 'from', dataset: 'airports', key: 'code' },
      false,
      { failures: 1, examples: [{ row: 99, values: { from: 'CCC' } }] },
    ],
    [{ type: 'table.rowCountLike', dataset: 'flights@1', within: 0.01 }, true, { observed: 1 }],
    [{ type: 'column.drift', column: 'from', from: 'flights@1', max: 0.1 }, true, {}],
    [{ type: 'column.drift', column: 'delay', from: 'flights@1', max: 0.1 }, false, {}],
  ])('finds of %j: %s', async (expectation, passed, finding) => {
    const report = await check([expectation]);
    expect(report.results).toMatchObject([{ passed, ...finding }]);
    expect(report.passed).toBe(passed);
  });

  it('passes when only warnings fail', async () => {
    const report = await check([{ type: 'column.notNull', column: 'delay', severity: 'warn' }]);
    expect(report).toMatchObject({ passed: true, results: [{ passed: false }] });
  });

  it('looks at the rows once, however many expectations hold', async () => {
    const scope = host.context({ id: 'test', access: 'data:read' });
    const version = await resolveVersion(scope, 'flights@1');
    const expectations = Array.from({ length: 20 }, (_, n) => ({
      type: 'column.between' as const,
      column: 'delay',
      min: -n,
      max: 1_000,
    }));
    const statements: string[] = [];
    const report = await withVersion(
      scope,
      await readManifest(scope, version.digest),
      undefined,
      (engine, relation) =>
        checkSuite(
          {
            ...engine,
            rows: async (sql, values) => {
              statements.push(sql);
              return await engine.rows(sql, values);
            },
          },
          relation,
          suiteSchema.parse({ expectations }),
        ),
    );
    expect(report.passed).toBe(true);
    expect(report.results).toHaveLength(20);
    // The count and the description come from the files' ends; one statement reads the columns.
    expect(statements.filter((sql) => sql.includes('"delay"'))).toHaveLength(1);
  });

  it('keeps what it found with the version, without the rows', async () => {
    await check([{ type: 'column.notNull', column: 'delay' }]);
    const { checks } = await host.run(dataShow, { name: 'flights@2' });
    expect(checks[0]).toMatchObject({ passed: false, results: [{ failures: 1, passed: false }] });
    expect(JSON.stringify(checks)).not.toContain('examples');
    expect((await host.run(dataShow, { name: 'flights@1' })).checks).toEqual([]);
  });

  it('refuses rows by another dataset when they are added', async () => {
    const expectations = [{ type: 'column.references', column: 'from', dataset: 'airports', key: 'code' }];
    await writeFile(join(project.dir, 'suite.json'), JSON.stringify({ expectations }));
    await writeFile(join(project.dir, 'new.csv'), 'from\nAAA\nZZZ\n');
    const input = { path: 'new.csv', name: 'more', suite: 'suite.json' };
    await expect(host.run(dataAdd, input, { surface: 'cli' })).rejects.toMatchObject({
      code: 'TRS_DATA_EXPECTATIONS_FAILED',
      hint: expect.stringContaining('ZZZ'),
    });
  });

  it.each<readonly [ExpectationInput, string]>([
    [{ type: 'column.aggregate', column: 'nope', of: 'mean' }, 'TRS_DATA_UNKNOWN_COLUMN'],
    [{ type: 'table.unique', columns: ['nope'] }, 'TRS_DATA_UNKNOWN_COLUMN'],
    [{ type: 'table.sql', expression: '(SELECT 1) = 1' }, 'TRS_DATA_EXPRESSION'],
    [{ type: 'column.drift', column: 'from', from: 'nowhere', max: 1 }, 'TRS_DATA_UNKNOWN_DATASET'],
  ])('refuses %j', async (expectation, code) => {
    await expect(check([expectation])).rejects.toMatchObject({ code });
  });
});

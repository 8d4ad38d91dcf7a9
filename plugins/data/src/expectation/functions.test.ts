import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { pipelinePlugin, pipelineRun } from '@trestle/plugin-pipeline';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  dataAdd,
  dataPlugin,
  dataQuery,
  dataValidate,
  type ExpectationInput,
  rowExpectation,
  suite,
} from '../index.ts';

// Each function starts a thread with an engine of its own.
vi.setConfig({ testTimeout: 120_000 });

const PLAUSIBLE = `import { limit } from './limit.ts';
export default {
  kind: 'expectation',
  reads: { id: 'integer', speed: 'number', seen: 'timestamp' },
  run: ({ speed, seen }, params) => speed === null || (speed <= (params.most ?? limit) && seen < Date.UTC(2030, 0)),
};
`;
const BIRDS =
  'id,name,speed,seen\n1,"it""s",40,2020-01-01\n2,b,400,2020-01-02\n3,c,,2020-01-03\n4,d,99,2050-01-01';

describe('an expectation that is a function', () => {
  let project: TemporaryProject;
  let host: Host;
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(project.dir, file)), { recursive: true });
    await writeFile(join(project.dir, file), text);
  };
  const open = async (config: unknown = {}): Promise<void> => {
    await write('trestle.config.json', JSON.stringify(config));
    host = await project.open([dataPlugin, trackingPlugin, pipelinePlugin]);
    await write('birds.csv', BIRDS);
    await host.run(dataAdd, { path: 'birds.csv', name: 'birds' }, { surface: 'cli' });
  };
  beforeEach(async () => {
    project = await temporaryProject();
    await write('expectations/plausible.ts', PLAUSIBLE);
    await write('expectations/limit.ts', 'export const limit: number = 100;\n');
  });
  afterEach(() => project.remove());

  const check = async (expectations: readonly ExpectationInput[], quarantine?: string) => {
    await write('suite.json', JSON.stringify({ expectations }));
    const input = { name: 'birds', suite: 'suite.json', quarantine };
    return await host.run(dataValidate, input, { surface: 'cli' });
  };
  const plausible = { type: 'row.function' as const, module: 'expectations/plausible.ts' };

  it('finds the rows that do not hold, beside expectations of other kinds', async () => {
    await open();
    const report = await check([{ type: 'column.notNull', column: 'speed' }, plausible]);
    expect(report.results[0]).toMatchObject({ passed: false, failures: 1, examples: [{ row: 3 }] });
    expect(report.results[1]).toEqual({
      expectation: 'row.function "expectations/plausible.ts"',
      severity: 'error',
      passed: false,
      failures: 2,
      examples: [
        { row: 2, values: { id: 2, name: 'b', speed: 400, seen: '2020-01-02T00:00:00Z' } },
        { row: 4, values: { id: 4, name: 'd', speed: 99, seen: '2050-01-01T00:00:00Z' } },
      ],
    });
  });

  it('takes parameters, a share that may fail, and warnings', async () => {
    await open();
    const { results, passed } = await check([
      { ...plausible, params: { most: 500 } },
      { ...plausible, mostly: 0.5 },
      { ...plausible, severity: 'warn' },
      { ...plausible, mostly: 0.75, severity: 'warn' },
    ]);
    expect(results.map((result) => [result.failures, result.passed])).toEqual([
      [1, false],
      [2, true],
      [2, false],
      [2, false],
    ]);
    expect(passed).toBe(false);
    expect((await check([{ ...plausible, severity: 'warn' }])).passed).toBe(true);
  });

  it('keeps failing rows aside, each once', async () => {
    await open();
    const report = await check(
      [{ type: 'column.notNull', column: 'speed' }, plausible, plausible],
      'odd-birds',
    );
    expect(report.quarantined).toMatchObject({ dataset: 'odd-birds', rows: 3 });
    const { rows } = await host.run(dataQuery, { sql: 'SELECT id FROM "odd-birds"' });
    expect(rows).toEqual([{ id: 2 }, { id: 3 }, { id: 4 }]);
  });

  it('refuses rows before they are added', async () => {
    await open();
    await write('suite.json', JSON.stringify({ expectations: [plausible] }));
    const input = { path: 'birds.csv', name: 'more', suite: 'suite.json' };
    await expect(host.run(dataAdd, input, { surface: 'cli' })).rejects.toMatchObject({
      code: 'TRS_DATA_EXPECTATIONS_FAILED',
      hint: expect.stringContaining('row 2: {"id":2,"name":"b"'),
    });
  });

  it('is part of a step: it stops the run, and its code is code of the step', async () => {
    await open({
      data: { pipelines: [{ name: 'p', steps: { all: { sql: 'FROM birds', expect: [plausible] } } }] },
    });
    await expect(host.run(pipelineRun, { name: 'p' })).rejects.toMatchObject({
      code: 'TRS_DATA_EXPECTATIONS_FAILED',
    });
    await write('expectations/plausible.ts', PLAUSIBLE.replace('run:', 'run: () => true, old:'));
    const states = async () => (await host.run(pipelineRun, { name: 'p' })).steps.map((step) => step.state);
    expect([await states(), await states()]).toEqual([['ran'], ['cached']]);
    await write('expectations/limit.ts', 'export const limit: number = 1_000;\n');
    expect(await states()).toEqual(['ran']);
  });

  it('stands in a suite that is TypeScript too', async () => {
    await open();
    const text =
      "const most: number = 500;\nexport default { expectations: [{ type: 'row.function', module: 'expectations/plausible.ts', params: { most } }] };\n";
    await write('expectations/birds.ts', text);
    const report = await host.run(dataValidate, { name: 'birds' });
    expect(report.results).toMatchObject([{ failures: 1 }]);
    await write('expectations/birds.json', '{}');
    await expect(host.run(dataValidate, { name: 'birds' })).rejects.toMatchObject({
      code: 'TRS_DATA_SUITE_INVALID',
      message: expect.stringContaining('birds.json and expectations/birds.ts'),
    });
  });

  it('never runs code that a caller of the server names, and does run that of the project', async () => {
    await open();
    const trap = `globalThis.trap = 1; throw new Error('it ran');`;
    await write('files/trap.ts', trap);
    await write('files/suite.ts', trap);
    const asked = (suite?: string) =>
      host.run(dataValidate, { name: 'birds', ...(suite ? { suite } : {}) }, { surface: 'http' });
    for (const module of ['files/trap.ts', 'expectations/plausible.ts', '../trap.ts']) {
      const expectations = [
        { type: 'column.notNull', column: 'id' },
        { type: 'row.function', module },
      ];
      await write('files/suite.json', JSON.stringify({ expectations }));
      for (const suite of ['suite.json', 'suite.ts', 'suite.MJS'])
        await expect(asked(suite)).rejects.toMatchObject({ code: 'TRS_DATA_MODULE_REFUSED', kind: 'denied' });
      const add = { path: 'birds.csv', name: 'more', suite: 'suite.json' };
      await write('files/birds.csv', BIRDS);
      await expect(host.run(dataAdd, add, { surface: 'http' })).rejects.toMatchObject({
        code: 'TRS_DATA_MODULE_REFUSED',
      });
    }
    expect(globalThis).not.toHaveProperty('trap');
    await write('expectations/birds.json', JSON.stringify({ expectations: [plausible] }));
    expect(await asked()).toMatchObject({ passed: false, results: [{ failures: 2 }] });
  });

  it.each([
    [
      'that throws',
      "kind: 'expectation', reads: { id: 'integer' }, run({ id }) { if (id === 3) null.x; return true; }",
      'TRS_DATA_STEP_FAILED',
      /row 3: TypeError/,
    ],
    [
      'that says neither true nor false',
      "kind: 'expectation', reads: { id: 'integer' }, run: async () => 1",
      'TRS_DATA_STEP_FAILED',
      /row 1: .*it said 1/,
    ],
    [
      'that ends the process',
      "kind: 'expectation', reads: { id: 'integer' }, run: () => process.exit(0)",
      'TRS_DATA_STEP_FAILED',
      /its thread is gone/,
    ],
    [
      'of a column that is not there',
      "kind: 'expectation', reads: { nope: 'integer' }, run: () => true",
      'TRS_DATA_STEP_INPUT',
      /nope/,
    ],
    [
      'of another type',
      "kind: 'expectation', reads: { name: 'integer' }, run: () => true",
      'TRS_DATA_STEP_INPUT',
      /which is string/,
    ],
    [
      'that is a step',
      "kind: 'rows', reads: {}, writes: { a: 'integer' }, run: () => true",
      'TRS_DATA_EXPECTATION_MODULE',
      /kind/,
    ],
  ])('says what is wrong with a function %s', async (_, parts, code, message) => {
    await open();
    await write('expectations/odd.ts', `export default { ${parts} };`);
    await expect(check([{ type: 'row.function', module: 'expectations/odd.ts' }])).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('says that a module is not there, or cannot be read', async () => {
    await open();
    await write('expectations/broken.ts', 'export default {');
    for (const file of ['none.ts', 'broken.ts'])
      await expect(check([{ type: 'row.function', module: `expectations/${file}` }])).rejects.toMatchObject({
        code: 'TRS_DATA_EXPECTATION_MODULE',
        message: expect.stringContaining(`expectations/${file} cannot be loaded`),
      });
  });

  it('is typed by what it reads', () => {
    const typed = rowExpectation({
      reads: { id: 'integer', name: 'string' },
      run: ({ id, name }) => id !== null && name?.trim() !== '',
    });
    // @ts-expect-error: a type that no column has
    rowExpectation({ reads: { id: 'int' }, run: () => true });
    // @ts-expect-error: a kind without what it needs
    suite([{ type: 'row.function' }]);
    expect(typed.kind).toBe('expectation');
    expect(suite([{ type: 'row.function', module: 'a.ts' }]).expectations).toHaveLength(1);
  });
});

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipelinePlugin, pipelineRun } from '@trestle/plugin-pipeline';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { stepKindContract, type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { moduleKind, sqlKind } from '../config/steps.ts';
import { dataAdd, dataPlugin, dataQuery, dataShow } from '../index.ts';

// A module's step starts a thread with an engine of its own, which takes seconds where several tests share two cores.
vi.setConfig({ testTimeout: 180_000 });

let project: TemporaryProject;
beforeEach(async () => {
  project = await temporaryProject();
  await mkdir(join(project.dir, 'steps'));
  await writeFile(
    join(project.dir, 'steps', 'twice.ts'),
    "export default { kind: 'rows', reads: { n: 'integer' }, writes: { n: 'integer' }, run: ({ n }) => ({ n: 2 * n }) };\n",
  );
  await writeFile(join(project.dir, 'numbers.csv'), 'n\n1\n2\n');
});
afterEach(() => project.remove());

const context = async () => {
  const host = await project.open([dataPlugin, trackingPlugin, pipelinePlugin]);
  await host.run(dataAdd, { path: 'numbers.csv', name: 'numbers' }, { surface: 'cli' });
  return host.context(pipelineRun);
};

stepKindContract(sqlKind, {
  context,
  step: { sql: 'SELECT n + 1 AS n FROM numbers' },
  isRemembered: true,
  wrong: { sql: 'DROP TABLE numbers' },
});
stepKindContract(moduleKind, {
  context,
  step: { from: 'numbers', module: 'steps/twice.ts' },
  isRemembered: true,
  wrong: { from: 'numbers', module: 'steps/twice.ts', incremental: 'others' },
});

describe('rows of a step of another kind', () => {
  const open = async (steps: unknown) => {
    const pipelines = { sums: { steps } };
    await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify({ pipelines }));
    return await project.open([dataPlugin, trackingPlugin, pipelinePlugin]);
  };

  it('are read by the version of a dataset that it gave', async () => {
    const host = await open({
      total: { sql: 'SELECT sum(n) AS total FROM added' },
      added: { operation: 'data.add', input: { path: 'numbers.csv', name: 'numbers' } },
    });
    const states = async () => (await host.run(pipelineRun, { name: 'sums' }, { surface: 'cli' })).steps;
    expect(await states()).toMatchObject([
      { step: 'added', state: 'ran', output: 'numbers@1', rows: 2 },
      { step: 'total', state: 'ran', output: 'sums.total@1', rows: 1 },
    ]);
    expect((await host.run(dataQuery, { sql: 'FROM "sums.total"' })).rows).toEqual([{ total: 3 }]);
    expect((await states()).map(({ state }) => state)).toEqual(['ran', 'cached']);
    await writeFile(join(project.dir, 'numbers.csv'), 'n\n1\n2\n3\n');
    expect((await states())[1]).toMatchObject({ state: 'ran', reason: 'its input added changed' });
  });

  it('are refused when it gave none', async () => {
    const host = await open({
      listed: { operation: 'data.list' },
      total: { sql: 'SELECT count(*) AS n FROM listed' },
    });
    await expect(host.run(pipelineRun, { name: 'sums' })).rejects.toMatchObject({
      code: 'TRS_DATA_STEP_INPUT',
    });
  });
});

describe('decimals of a step of SQL', () => {
  const open = async (steps: unknown) => {
    await writeFile(
      join(project.dir, 'trestle.config.json'),
      JSON.stringify({ pipelines: { sums: { steps } } }),
    );
    return await project.open([dataPlugin, trackingPlugin, pipelinePlugin]);
  };
  const add = async (host: Awaited<ReturnType<typeof open>>, rows: string, append = false) => {
    await writeFile(join(project.dir, 'prices.csv'), `id,price\n${rows}\n`);
    await host.run(dataAdd, { path: 'prices.csv', name: 'prices', append }, { surface: 'cli' });
  };

  it('keep their digits, as the query gives them', async () => {
    const host = await open({
      all: {
        sql: 'SELECT price, sum(price) OVER () AS total FROM prices ORDER BY id',
      },
    });
    await add(host, '1,1234567890123456.10\n2,0.02');
    await host.run(pipelineRun, { name: 'sums' }, { surface: 'cli' });
    const { columns } = await host.run(dataShow, { name: 'sums.all' });
    expect(columns.map(({ type, stored }) => `${type} ${stored}`)).toEqual([
      'number DECIMAL(18,2)',
      'number DECIMAL(38,2)',
    ]);
    const { rows } = await host.run(dataQuery, { sql: 'FROM "sums.all"' });
    expect(rows[0]).toEqual({
      price: '1234567890123456.10',
      total: '1234567890123456.12',
    });
  });

  it('come behind those that an incremental step made', async () => {
    const host = await open({
      more: { sql: 'SELECT price + 0.001 AS x FROM prices', incremental: 'prices' },
    });
    await add(host, '1,0.10\n2,0.50');
    await host.run(pipelineRun, { name: 'sums' }, { surface: 'cli' });
    await add(host, '4,16.10', true);
    const { steps } = await host.run(pipelineRun, { name: 'sums' }, { surface: 'cli' });
    expect(steps).toMatchObject([{ state: 'appended' }]);
    const { columns } = await host.run(dataShow, { name: 'sums.more' });
    expect(columns).toMatchObject([{ name: 'x', stored: 'DECIMAL(18,3)' }]);
    const { rows } = await host.run(dataQuery, { sql: 'FROM "sums.more"' });
    expect(rows.map(({ x }) => x)).toEqual([0.101, 0.501, 16.101]);
  });
});

describe('values of a step that is a function', () => {
  const run = async (csv: string, module: string) => {
    await writeFile(join(project.dir, 'steps', 'same.ts'), module);
    await writeFile(join(project.dir, 'rows.csv'), csv);
    const pipelines = { p: { steps: { same: { from: 'rows', module: 'steps/same.ts' } } } };
    await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify({ pipelines }));
    const host = await project.open([dataPlugin, trackingPlugin, pipelinePlugin]);
    await host.run(dataAdd, { path: 'rows.csv', name: 'rows' }, { surface: 'cli' });
    await host.run(pipelineRun, { name: 'p' }, { surface: 'cli' });
    return (await host.run(dataQuery, { sql: 'FROM "p.same"' })).rows;
  };
  const same = (type: string) =>
    `export default { kind: 'rows', reads: { x: '${type}' }, writes: { x: '${type}' }, run: ({ x }) => ({ x }) };\n`;

  it('keep their microseconds', async () => {
    const times = [
      '2024-01-05T10:00:00.123456Z',
      '1969-12-31T23:59:59.999999Z',
      '1700-01-01T00:00:00.000001Z',
    ];
    expect(await run(`x\n${times.join('\n')}\n`, same('timestamp'))).toEqual(times.map((x) => ({ x })));
  });

  it('are no whole numbers that a number of JavaScript rounds', async () => {
    const largest = `x\n${Number.MAX_SAFE_INTEGER}\n-1\n`;
    expect(await run(largest, same('integer'))).toEqual([{ x: Number.MAX_SAFE_INTEGER }, { x: -1 }]);
    await expect(run('x\n9007199254740993\n1\n', same('integer'))).rejects.toMatchObject({
      code: 'TRS_DATA_STEP_INPUT',
      message: expect.stringMatching(/reads integer "x", which holds 9007199254740993/),
    });
  });
});

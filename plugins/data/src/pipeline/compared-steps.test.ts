import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { pipelinePlugin, pipelineRun, pipelineShow } from '@trestle/plugin-pipeline';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { lineageToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dataAdd, dataErase, dataPlugin, dataQuery, type ExpectationInput } from '../index.ts';

vi.setConfig({ testTimeout: 120_000 });

describe('a step whose rows are compared with other datasets', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
  });
  afterEach(() => project.remove());

  const open = async (steps: unknown): Promise<void> => {
    const config = { data: { pipelines: [{ name: 'p', steps }] } };
    await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify(config));
    host = await project.open([dataPlugin, trackingPlugin, pipelinePlugin]);
    await add('airports', 'code,city\nAAA,x\nBBB,y');
    await add('flights', 'id,from\n1,AAA\n2,BBB\n3,AAA');
  };
  const add = async (name: string, csv: string): Promise<void> => {
    await writeFile(join(project.dir, 'a.csv'), `${csv}\n`);
    await host.run(dataAdd, { path: 'a.csv', name }, { surface: 'cli' });
  };
  const run = async (dry = false) => {
    const { steps } = await host.run(pipelineRun, { name: 'p', dry });
    return Object.fromEntries(steps.map((step) => [step.step, [step.state, step.reason]]));
  };
  const known: ExpectationInput = {
    type: 'column.references',
    column: 'from',
    dataset: 'airports',
    key: 'code',
  };
  const SAME = 'nothing that it follows from changed';

  it('stops at rows that belong to nothing there, and keeps nothing of them', async () => {
    await open({ clean: { sql: 'FROM flights', expect: [known] } });
    await add('flights', 'id,from\n1,AAA\n2,CCC');
    await expect(run()).rejects.toMatchObject({
      code: 'TRS_DATA_EXPECTATIONS_FAILED',
      hint: expect.stringContaining('row 2: {"from":"CCC"}'),
    });
    await expect(host.run(dataQuery, { sql: 'FROM "p.clean"' })).rejects.toMatchObject({
      code: 'TRS_DATA_UNKNOWN_DATASET',
    });
    // It holds once the other dataset knows it: the step goes on there.
    await add('airports', 'code,city\nAAA,x\nCCC,z');
    expect(await run()).toMatchObject({ clean: ['ran', 'it never ran'] });
  });

  it('checks again when what it is compared with changes, and has it in its lineage', async () => {
    await open({ clean: { sql: 'FROM flights', expect: [known] } });
    await run();
    expect(await run()).toEqual({ clean: ['cached', SAME] });
    await add('airports', 'code,city\nAAA,x\nBBB,y\nCCC,z');
    const why = 'airports, which it is compared with, changed';
    expect(await run(true)).toEqual({ clean: ['waiting', why] });
    expect(await run()).toEqual({ clean: ['ran', why] });
    const lineage = await host.service(lineageToken);
    const edges = (await lineage.into('dataset:p.clean@1')).map(({ from, kind }) => `${kind} ${from}`);
    expect(edges.toSorted()).toEqual([
      'compared dataset:airports@1',
      'compared dataset:airports@2',
      'transformed dataset:flights@1',
    ]);
    await add('airports', 'code,city\nAAA,x');
    await expect(run()).rejects.toMatchObject({ code: 'TRS_DATA_EXPECTATIONS_FAILED' });
  });

  it('compares with a step of its pipeline, which then runs before it', async () => {
    await open({
      some: {
        sql: 'FROM flights WHERE id <= $most',
        params: { most: 2 },
        expect: [
          { type: 'table.rowCountLike', dataset: 'every', within: 0.5 },
          { type: 'column.drift', column: 'from', from: 'every', max: 0.5 },
          { type: 'column.drift', column: 'from', from: 'flights@1', max: 0.5 },
        ],
      },
      every: { sql: 'FROM flights' },
    });
    expect(Object.keys(await run())).toEqual(['every', 'some']);
    expect(await run(true)).toEqual({ every: ['cached', SAME], some: ['cached', SAME] });
    const { steps, graph } = await host.run(pipelineShow, { name: 'p' });
    expect(steps[1]?.compares).toEqual([
      { name: 'every', kind: 'step' },
      { name: 'flights@1', kind: 'dataset' },
    ]);
    expect(graph.at(-1)).toContain('some ← flights (compared with every, flights@1)');
    await add('flights', 'id,from\n1,AAA\n2,BBB\n3,AAA\n4,AAA\n5,AAA');
    expect(await run(true)).toMatchObject({
      some: ['waiting', 'every, which it is compared with, may change'],
    });
    await expect(run()).rejects.toMatchObject({
      code: 'TRS_DATA_EXPECTATIONS_FAILED',
      message: expect.stringContaining('table.rowCountLike "every" 0.5'),
    });
  });

  it('takes appended rows only when what it is compared with is as it was', async () => {
    await open({ clean: { sql: 'FROM flights', expect: [known], incremental: 'flights' } });
    await run();
    await writeFile(join(project.dir, 'more.csv'), 'id,from\n4,BBB\n');
    await host.run(dataAdd, { path: 'more.csv', name: 'flights', append: true }, { surface: 'cli' });
    expect(await run()).toEqual({ clean: ['appended', 'rows were appended to flights'] });
    await host.run(dataAdd, { path: 'more.csv', name: 'flights', append: true }, { surface: 'cli' });
    await add('airports', 'code,city\nAAA,x\nBBB,z');
    expect((await run()).clean?.[0]).toBe('ran');
  });

  it('does not count as made of what it is compared with, when a subject is erased there', async () => {
    await open({
      clean: { sql: 'SELECT id, "from" AS code FROM flights', expect: [{ ...known, column: 'code' }] },
    });
    await run();
    const input = { name: 'airports', column: 'code', values: ['AAA'] };
    const { versions } = await host.run(dataErase, input);
    expect(versions.map(({ dataset }) => dataset)).toEqual(['airports']);
  });

  it.each([
    ['its own newest rows', 'p.a', /compared with the dataset "p.a", which step "a" makes/],
    ['the newest of another step by its dataset', 'p.b@latest', /which step "b" makes/],
    ['a step that is compared with it', 'b', /in a circle: a → b → a/],
  ])('refuses to be compared with %s', async (_, dataset, message) => {
    const like = (name: string) => [{ type: 'table.rowCountLike', dataset: name, within: 1 }];
    await open({
      a: { sql: 'FROM flights', expect: like(dataset) },
      b: { sql: 'FROM flights', expect: like(dataset === 'b' ? 'a' : 'flights') },
    });
    await expect(run()).rejects.toMatchObject({
      code: 'TRS_DATA_PIPELINE',
      message: expect.stringMatching(message),
    });
  });

  it('says which dataset is missing, before anything runs', async () => {
    await open({ a: { sql: 'FROM flights', expect: [{ ...known, dataset: 'airport' }] } });
    await expect(run()).rejects.toMatchObject({
      code: 'TRS_DATA_UNKNOWN_DATASET',
      message: expect.stringContaining('Did you mean "airports"?'),
    });
  });
});

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { pipelineList, pipelinePlugin, pipelineRun, pipelineShow } from '@trestle/plugin-pipeline';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { lineageToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dataAdd, dataList, dataPlugin, dataQuery } from '../index.ts';

// Each module's step starts a thread with an engine of its own, which takes seconds where several tests share two cores.
vi.setConfig({ testTimeout: 180_000 });

const LOUD = `import { loud } from './loudness.ts';
export default {
  kind: 'rows',
  reads: { id: 'integer', size: 'string' },
  writes: { id: 'integer', word: 'string' },
  run: (row, params) => row.id > params.most ? null : [{ id: row.id, word: loud(row.size) }],
};
`;
const HALVES = `export default {
  kind: 'batches',
  reads: { weight: 'number', seen: 'timestamp' },
  writes: { half: 'number', seen: 'timestamp' },
  run: ({ columns }) => ({ half: columns.weight.values.map((w) => w / 2), seen: columns.seen.values }),
};
`;

describe('a pipeline', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
    await mkdir(join(project.dir, 'steps'));
    await writeFile(join(project.dir, 'steps', 'loud.ts'), LOUD);
    await writeFile(
      join(project.dir, 'steps', 'loudness.ts'),
      'export const loud = (text: string): string => text.toUpperCase();\n',
    );
    await writeFile(join(project.dir, 'steps', 'halves.ts'), HALVES);
  });
  afterEach(async () => {
    await project.remove();
  });

  const open = async (steps: unknown, triggers?: unknown): Promise<void> => {
    const data = { pipelines: [{ name: 'features', steps, ...(triggers ? { triggers } : {}) }] };
    await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify({ data }));
    host = await project.open([dataPlugin, trackingPlugin, pipelinePlugin]);
  };
  const add = async (rows: string, append = false): Promise<void> => {
    await writeFile(join(project.dir, 'birds.csv'), `id,size,weight,seen\n${rows}\n`);
    await host.run(dataAdd, { path: 'birds.csv', name: 'birds', append }, { surface: 'cli' });
  };
  const states = async (input: { dry?: boolean; force?: boolean } = {}) => {
    const { steps } = await host.run(pipelineRun, { name: 'features', ...input });
    return Object.fromEntries(steps.map((step) => [step.step, [step.state, step.reason]]));
  };
  const query = async (sql: string) => (await host.run(dataQuery, { sql })).rows;

  const BIRDS = '1,small,2.5,2020-01-01\n2,large,9,2020-01-02\n3,small,,2020-01-03';
  const STEPS = {
    words: { from: 'large', module: 'steps/loud.ts', params: { most: 2 } },
    large: { sql: 'SELECT * FROM birds WHERE id >= $least -- all of them', params: { least: 1 } },
    halves: { from: 'large', module: 'steps/halves.ts', as: 'half-weights' },
    joined: { sql: 'SELECT w.word, l.weight FROM words w JOIN large l USING (id) ORDER BY id;' },
  };

  it('runs SQL and functions in the order of what they read, and makes versions with lineage', async () => {
    await open(STEPS);
    await add(BIRDS);
    expect(await states()).toEqual({
      large: ['ran', 'it never ran'],
      words: ['ran', 'it never ran'],
      halves: ['ran', 'it never ran'],
      joined: ['ran', 'it never ran'],
    });
    expect(await query('FROM "features.joined"')).toEqual([
      { word: 'SMALL', weight: 2.5 },
      { word: 'LARGE', weight: 9 },
    ]);
    expect(await query('SELECT half, seen FROM "half-weights"')).toEqual([
      { half: 1.25, seen: '2020-01-01T00:00:00Z' },
      { half: 4.5, seen: '2020-01-02T00:00:00Z' },
      { half: null, seen: '2020-01-03T00:00:00Z' },
    ]);
    const lineage = await host.service(lineageToken);
    expect((await lineage.into('dataset:features.joined@1')).map(({ from, kind }) => [from, kind])).toEqual(
      expect.arrayContaining([
        ['dataset:features.words@1', 'transformed'],
        ['dataset:features.large@1', 'transformed'],
      ]),
    );
  });

  it('runs again only what follows from something that changed, and says why', async () => {
    await open(STEPS);
    await add(BIRDS);
    await states();
    const same = 'nothing that it follows from changed';
    expect(Object.values(await states())).toEqual(Array(4).fill(['cached', same]));
    // What a module imports is code of the step too.
    await writeFile(
      join(project.dir, 'steps', 'loudness.ts'),
      "export const loud = (text: string) => text + '!';\n",
    );
    expect(await states({ dry: true })).toEqual({
      large: ['cached', same],
      words: ['waiting', 'its code changed'],
      halves: ['cached', same],
      joined: ['waiting', 'its input words may change'],
    });
    expect(
      (await host.run(dataList, {})).datasets.find((one) => one.dataset === 'features.words')?.version,
    ).toBe(1);
    expect(await states()).toMatchObject({
      halves: ['cached', same],
      joined: ['ran', 'its input words changed'],
    });
    expect(await query('SELECT word FROM "features.joined"')).toEqual([
      { word: 'small!' },
      { word: 'large!' },
    ]);
    await host.close();
    await open({ ...STEPS, words: { ...STEPS.words, params: { most: 1 } } });
    expect(await states({ dry: true })).toMatchObject({ words: ['waiting', 'its parameters changed'] });
    await add(`${BIRDS}\n4,huge,40,2020-01-04`);
    expect(await states({ dry: true })).toMatchObject({ large: ['waiting', 'its input birds changed'] });
    expect(await states({ force: true })).toMatchObject({ halves: ['ran', 'it was asked for'] });
  });

  it('goes back to what was made before when the data does', async () => {
    await open({ large: { sql: 'SELECT id FROM birds' } });
    await add(BIRDS);
    await states();
    await add('7,small,1,2020-01-01');
    await states();
    await add(BIRDS);
    expect(await states()).toEqual({ large: ['cached', 'nothing that it follows from changed'] });
    expect(await query('SELECT count(*) AS n FROM "features.large"')).toEqual([{ n: 3 }]);
  });

  it('reads only appended rows where a step says that it may', async () => {
    await open({
      heavy: { sql: 'SELECT id, weight FROM birds WHERE weight > 2', incremental: 'birds' },
      words: { from: 'birds', module: 'steps/loud.ts', params: { most: 9 }, incremental: 'birds' },
    });
    await add(BIRDS);
    await states();
    await add('4,huge,40,2020-01-04', true);
    expect(await states()).toEqual({
      heavy: ['appended', 'rows were appended to birds'],
      words: ['appended', 'rows were appended to birds'],
    });
    expect(await query('SELECT * FROM "features.heavy"')).toEqual([
      { id: 1, weight: 2.5 },
      { id: 2, weight: 9 },
      { id: 4, weight: 40 },
    ]);
    // Nothing of these rows comes out: what was made stays.
    await add('5,tiny,0.1,2020-01-05', true);
    expect(await states()).toMatchObject({ heavy: ['appended', 'rows were appended to birds'] });
    expect(await query('SELECT count(*) AS n FROM "features.heavy"')).toEqual([{ n: 3 }]);
    await add('9,huge,90,2020-01-09');
    expect(await states()).toMatchObject({ heavy: ['ran', 'its input birds changed'] });
  });

  it('stops at an expectation that fails, keeps what was made, and goes on there', async () => {
    const heavy = { type: 'column.between', column: 'weight', min: 3 };
    await open({
      all: { sql: 'FROM birds' },
      heavy: { sql: 'FROM "all"', expect: [heavy] },
      last: { sql: 'FROM heavy' },
    });
    await add(BIRDS);
    await expect(host.run(pipelineRun, { name: 'features' })).rejects.toMatchObject({
      code: 'TRS_DATA_EXPECTATIONS_FAILED',
      message: expect.stringMatching(/^Step "heavy" of "features" was refused: column\.between/),
      hint: expect.stringContaining('row 1: {"weight":2.5}'),
    });
    const { runs } = await host.run(pipelineShow, { name: 'features' });
    expect(runs[0]?.status).toBe('failed');
    expect(runs[0]?.steps.map((step) => step.state)).toEqual(['ran', 'failed', 'not reached']);
    await host.close();
    await open({
      all: { sql: 'FROM birds' },
      heavy: { sql: 'FROM "all"', expect: [{ ...heavy, severity: 'warn' }] },
      last: { sql: 'FROM heavy' },
    });
    expect(await states()).toMatchObject({
      all: ['cached', expect.anything()],
      last: ['ran', 'it never ran'],
    });
  });

  it('reads every row of an input of which much is written at once', async () => {
    await open({
      many: { sql: 'SELECT range AS id FROM range(500_000)' },
      same: { from: 'many', module: 'steps/same.ts' },
    });
    await writeFile(
      join(project.dir, 'steps', 'same.ts'),
      "export default { kind: 'rows', reads: { id: 'integer' }, writes: { id: 'integer' }, run: (row) => row };",
    );
    await states();
    expect(
      await query('SELECT count(*) AS n, count(DISTINCT id) AS ids, max(id) AS last FROM "features.same"'),
    ).toEqual([{ n: 500_000, ids: 500_000, last: 499_999 }]);
  });

  it('tries a step again as often as it says', async () => {
    await writeFile(
      join(project.dir, 'steps', 'flaky.ts'),
      `import { appendFileSync, readFileSync } from 'node:fs';
export default {
  kind: 'rows', reads: { id: 'integer' }, writes: { id: 'integer' },
  run(row) {
    appendFileSync(${JSON.stringify(join(project.dir, 'tries'))}, 'x');
    if (readFileSync(${JSON.stringify(join(project.dir, 'tries'))}, 'utf8').length < 3) throw new Error('not yet');
    return row;
  },
};
`,
    );
    await open({ flaky: { from: 'birds', module: 'steps/flaky.ts', retries: 2 } });
    await add('1,small,1,2020-01-01');
    const { steps } = await host.run(pipelineRun, { name: 'features' });
    expect(steps[0]).toMatchObject({ state: 'ran', attempts: 3 });
    expect(await readFile(join(project.dir, 'tries'), 'utf8')).toBe('xxx');
  });

  it('ends a function that never ends when it is told to', async () => {
    await writeFile(
      join(project.dir, 'steps', 'endless.ts'),
      `export default { kind: 'rows', reads: { id: 'integer' }, writes: { id: 'integer' }, run() { for (;;); } };\n`,
    );
    await open({ endless: { from: 'birds', module: 'steps/endless.ts' } });
    await add(BIRDS);
    const stop = new AbortController();
    const running = host.run(
      pipelineRun,
      { name: 'features' },
      { signal: stop.signal, onProgress: () => setTimeout(() => stop.abort(), 500) },
    );
    await expect(running).rejects.toMatchObject({ kind: 'interrupted' });
    const { runs } = await host.run(pipelineShow, { name: 'features' });
    expect(runs[0]?.status).toBe('interrupted');
  });

  it('can be cancelled at any moment, also while the engine loads or works in the thread', async () => {
    await open({
      many: { sql: 'SELECT range AS id FROM range(300_000)' },
      same: { from: 'many', module: 'steps/same.ts' },
    });
    const same =
      "export default { kind: 'rows', reads: { id: 'integer' }, writes: { id: 'integer' }, run: (row) => row };";
    await writeFile(join(project.dir, 'steps', 'same.ts'), `${same}\n`);
    await host.run(pipelineRun, { name: 'features' });
    for (let ms = 40; ms < 1_000; ms += 80) {
      await writeFile(join(project.dir, 'steps', 'same.ts'), `${same} // ${ms}\n`);
      const stop = new AbortController();
      setTimeout(() => stop.abort(), ms);
      await host.run(pipelineRun, { name: 'features' }, { signal: stop.signal }).catch((thrown) => {
        expect(thrown).toMatchObject({ kind: 'interrupted' });
      });
    }
    await host.run(pipelineRun, { name: 'features' });
    expect(await query('SELECT count(*) AS n FROM "features.same"')).toEqual([{ n: 300_000 }]);
  });

  it.each([
    ['a name that is nowhere', { a: { sql: 'FROM nowhere' } }, 'TRS_DATA_UNKNOWN_DATASET'],
    ['a circle', { a: { sql: 'FROM b' }, b: { sql: 'FROM a' } }, 'TRS_DATA_PIPELINE'],
    [
      'one output twice',
      { a: { sql: 'FROM birds', as: 'x' }, b: { sql: 'FROM birds', as: 'x' } },
      'TRS_DATA_PIPELINE',
    ],
    [
      'its own output as a dataset',
      { a: { sql: 'FROM birds' }, b: { sql: 'FROM "features.a"' } },
      'TRS_DATA_PIPELINE',
    ],
    ['a file', { a: { sql: "FROM read_csv('/etc/passwd')" } }, 'TRS_DATA_QUERY_REFUSED'],
    ['a statement that writes', { a: { sql: 'DROP TABLE birds' } }, 'TRS_DATA_QUERY_REFUSED'],
    ['two statements', { a: { sql: 'FROM birds; FROM birds' } }, 'TRS_DATA_QUERY_REFUSED'],
    ['SQL that does not bind', { a: { sql: 'SELECT nothing FROM birds' } }, 'TRS_DATA_ENGINE'],
    [
      'columns that do not come',
      { a: { sql: 'FROM birds', writes: { id: 'string' } } },
      'TRS_DATA_STEP_OUTPUT',
    ],
    ['no rows', { a: { sql: 'FROM birds WHERE id > 100' } }, 'TRS_DATA_EMPTY'],
    ['a module that is not there', { a: { from: 'birds', module: 'steps/none.ts' } }, 'TRS_DATA_STEP_MODULE'],
    [
      'a module that exports no step',
      { a: { from: 'birds', module: 'steps/loudness.ts' } },
      'TRS_DATA_STEP_MODULE',
    ],
    [
      'an input of other types',
      { s: { sql: 'SELECT 1 AS id, 2 AS size' }, a: { from: 's', module: 'steps/loud.ts' } },
      'TRS_DATA_STEP_INPUT',
    ],
    [
      'incremental over what is not read',
      { a: { sql: 'FROM birds', incremental: 'b' } },
      'TRS_DATA_PIPELINE',
    ],
  ])('refuses %s', async (_, steps, code) => {
    await open(steps);
    await add(BIRDS);
    await expect(host.run(pipelineRun, { name: 'features' })).rejects.toMatchObject({ code });
  });

  it('is drawn, and listed with what starts it', async () => {
    await open(STEPS, { cron: '0 3 * * *', datasets: ['birds'] });
    const { pipelines } = await host.run(pipelineList, {});
    expect(pipelines).toEqual([
      { name: 'features', steps: 4, triggers: ['"0 3 * * *"', 'a new version of birds'] },
    ]);
    const { graph } = await host.run(pipelineShow, { name: 'features' });
    expect(graph).toEqual([
      '○  birds',
      '╵',
      '●  large ← birds',
      '├',
      '│ ●  words ← large',
      '├ │',
      '│ │ ●  halves ← large',
      '╵ ╵',
      '●  joined ← words, large',
    ]);
    await expect(host.run(pipelineShow, { name: 'feature' })).rejects.toMatchObject({
      code: 'TRS_DATA_UNKNOWN_PIPELINE',
      message: expect.stringContaining('Did you mean "features"?'),
    });
  });
});

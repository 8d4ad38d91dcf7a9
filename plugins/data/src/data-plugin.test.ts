import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { datasetsToken } from '@trestle/contracts';
import { type Host, journalToken } from '@trestle/kernel';
import { lineageToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataAdd, dataExport, dataList, dataPlugin, dataProfile, dataShow, dataValidate } from './index.ts';

const BIRDSTRIKES = join(
  fileURLToPath(import.meta.resolve('vega-datasets')),
  '..',
  '..',
  'data',
  'birdstrikes.csv',
);

describe('the data plugin', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
  });
  afterEach(async () => {
    await project.remove();
  });
  const file = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(project.dir, name), content);
    return name;
  };
  const add = async (name: string, content: string | Uint8Array, options = {}) =>
    await host.run(
      dataAdd,
      { path: await file(name, content), name: 'things', ...options },
      { surface: 'cli' },
    );
  const nothingAdded = async (): Promise<void> => {
    expect((await host.run(dataList, {})).datasets).toEqual([]);
    const events = await (await host.service(journalToken)).read({ types: ['dataset.added'] });
    expect(events).toEqual([]);
  };

  it('adds, shows, profiles and exports real records', async () => {
    const added = await host.run(dataAdd, { path: BIRDSTRIKES, name: 'strikes' }, { surface: 'cli' });
    expect(added).toMatchObject({ dataset: 'strikes', version: 1, rows: 10_000, unchanged: false });
    expect(added.columns.find((column) => column.name === 'Flight Date')?.type).toBe('timestamp');
    expect(await host.run(dataShow, { name: 'strikes@1' })).toMatchObject({ digest: added.digest });
    const { columns } = await host.run(dataProfile, { name: 'strikes' });
    expect(columns.find((column) => column.name === 'Wildlife Size')).toMatchObject({ distinct: 3 });
    const speed = columns.find((column) => column.name === 'Speed IAS in knots');
    expect(speed?.histogram.reduce((sum, bin) => sum + bin.count, 0)).toBe(speed?.count);
    await host.run(dataExport, { name: 'strikes', path: 'out.jsonl' }, { surface: 'cli' });
    expect((await readFile(join(project.dir, 'out.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(10_000);
    const [edge] = await (await host.service(lineageToken)).into('dataset:strikes@1');
    expect(edge?.from).toMatch(/^file:[0-9a-f]{64}$/);
  });

  it('is the same version when nothing changed, and a new one when something did', async () => {
    const first = await add('a.csv', 'x,y\n1,a\n2,b\n');
    expect(await add('a.csv', 'x,y\n1,a\n2,b\n')).toMatchObject({
      version: 1,
      unchanged: true,
      digest: first.digest,
    });
    expect(await add('a.csv', 'x,y\n1,a\n3,b\n')).toMatchObject({ version: 2, unchanged: false });
    expect(await host.run(dataShow, { name: 'things@1' })).toMatchObject({ digest: first.digest });
  });

  it('appends rows of the same columns, and refuses others', async () => {
    await add('a.csv', 'x,y\n1,a\n');
    expect(await add('b.csv', 'y,x\nb,2\n', { append: true })).toMatchObject({ version: 2, rows: 2 });
    await expect(add('c.csv', 'x,z\n1,a\n', { append: true })).rejects.toMatchObject({
      code: 'TRS_DATA_COLUMNS_DIFFER',
    });
  });

  it.each([
    ['CSV', 'a.csv', 'n,t\n1,x\n,y\n'],
    ['TSV', 'a.tsv', 'n\tt\n1\tx\n\ty\n'],
    ['JSON', 'a.json', '[{"n":1,"t":"x"},{"n":null,"t":"y"}]'],
    ['JSON lines', 'a.jsonl', '{"n":1,"t":"x"}\n{"n":null,"t":"y"}\n'],
    ['CSV with a byte order mark', 'a.csv', '\ufeffn,t\n1,x\n,y\n'],
    ['compressed CSV', 'a.csv.gz', gzipSync('n,t\n1,x\n,y\n')],
  ])('reads %s', async (_, name, content) => {
    const added = await add(name, content);
    expect(added.columns).toMatchObject([
      { name: 'n', nulls: 1 },
      { name: 't', nulls: 0 },
    ]);
    const datasets = await host.service(datasetsToken);
    for await (const batch of datasets.read('things')) {
      expect(batch.columns.n).toMatchObject({ type: 'number', values: Float64Array.of(1, Number.NaN) });
      expect(batch.columns.t).toMatchObject({ type: 'string', values: ['x', 'y'] });
    }
  });

  it.each([
    ['a missing file', 'TRS_KERNEL_FILE_MISSING', undefined],
    ['an empty file', 'TRS_DATA_EMPTY', ''],
    ['a header without rows', 'TRS_DATA_EMPTY', 'a,b\n'],
    ['ragged rows', 'TRS_DATA_BAD_ROWS', 'a,b\n1,2\n3,4,5\n6,7\n'],
    ['a wrong encoding', 'TRS_DATA_ENCODING', Buffer.from('a,b\n1,caf\u00e9\n', 'latin1')],
    ['UTF-16', 'TRS_DATA_ENCODING', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le')],
    ['binary garbage', 'TRS_DATA_ENCODING', Buffer.from([1, 2, 0, 255, 254, 10, 7])],
    ['a column twice', 'TRS_DATA_HEADER', 'a,a\n1,2\n'],
    ['a column without a name', 'TRS_DATA_HEADER', 'a,\n1,2\n'],
  ])('refuses %s and adds nothing', async (_, code, content) => {
    const adding =
      content === undefined
        ? host.run(dataAdd, { path: 'missing.csv', name: 'things' }, { surface: 'cli' })
        : add('bad.csv', content, { names: 'strict' });
    await expect(adding).rejects.toMatchObject({ code });
    await nothingAdded();
  });

  it('shows which lines are ragged', async () => {
    await expect(add('bad.csv', 'a,b\n1,2\n3,4,5\n6,7\n')).rejects.toMatchObject({
      details: { badRows: 1, rows: [{ line: 3, content: '3,4,5' }] },
    });
  });

  it('refuses a Parquet file that is cut off, a folder, and an unknown format', async () => {
    await expect(add('bad.parquet', Buffer.from('PAR1 and no more'))).rejects.toMatchObject({
      code: 'TRS_DATA_UNREADABLE',
    });
    await expect(host.run(dataAdd, { path: '.', name: 'things' }, { surface: 'cli' })).rejects.toMatchObject({
      code: 'TRS_DATA_UNREADABLE',
    });
    await expect(add('a.xyz', 'x')).rejects.toMatchObject({ code: 'TRS_DATA_FORMAT' });
    await nothingAdded();
  });

  it('keeps columns whose names are SQL, quotes, dots or emoji', async () => {
    const names = ['a "quoted" one', 'a.b', "it's", 'x; DROP TABLE y', '🦆', 'select'];
    const header = names.map((name) => `"${name.replaceAll('"', '""')}"`).join(',');
    const added = await add('odd.csv', `${header}\n1,2,3,4,5,6\n7,8,9,10,11,12\n`);
    expect(added.columns.map((column) => column.name)).toEqual(names);
    expect((await host.run(dataProfile, { name: 'things' })).columns).toHaveLength(names.length);
  });

  const suite = JSON.stringify({
    expectations: [
      { type: 'column.between', column: 'speed', min: 0, max: 500 },
      { type: 'column.notNull', column: 'id' },
      { type: 'column.unique', column: 'id' },
      { type: 'column.inSet', column: 'size', values: ['Small', 'Large'], severity: 'warn' },
      { type: 'row.sql', expression: '"speed" * 2 >= 0' },
    ],
  });
  const corrupt = 'id,speed,size\n1,100,Small\n1,-5,Huge\n3,9000,Large\n';

  it('finds rows that are not as expected, shows them, and keeps them aside', async () => {
    await add('a.csv', corrupt);
    await file('suite.json', suite);
    const report = await host.run(
      dataValidate,
      { name: 'things', suite: 'suite.json', quarantine: 'bad' },
      { surface: 'cli' },
    );
    expect(report.passed).toBe(false);
    expect(report.results.map((result) => [result.passed, result.failures])).toEqual([
      [false, 2],
      [true, 0],
      [false, 2],
      [false, 1],
      [false, 1],
    ]);
    expect(report.results[0]?.examples).toEqual([
      { row: 2, values: { speed: -5 } },
      { row: 3, values: { speed: 9000 } },
    ]);
    expect(report.quarantined).toMatchObject({ dataset: 'bad', rows: 3 });
    expect(dataValidate.verdict?.(report)).toBe(false);
  });

  it('refuses to add rows that are not as expected, and shows them', async () => {
    await file('suite.json', suite);
    await expect(add('a.csv', corrupt, { suite: 'suite.json' })).rejects.toMatchObject({
      code: 'TRS_DATA_EXPECTATIONS_FAILED',
      kind: 'refused',
      hint: expect.stringContaining('9000'),
    });
    await nothingAdded();
  });

  it.each(['1 = 1; DROP TABLE x', '(SELECT 1) = 1', "id IN (select 1 from read_csv('/etc/passwd'))"])(
    'does not run %s as an expectation',
    async (expression) => {
      await add('a.csv', 'id\n1\n');
      await file('suite.json', JSON.stringify({ expectations: [{ type: 'row.sql', expression }] }));
      await expect(
        host.run(dataValidate, { name: 'things', suite: 'suite.json' }, { surface: 'cli' }),
      ).rejects.toMatchObject({ code: 'TRS_DATA_EXPRESSION' });
    },
  );

  it('names an unknown dataset, version and column', async () => {
    await add('a.csv', 'id\n1\n');
    await expect(host.run(dataShow, { name: 'thngs' })).rejects.toMatchObject({
      code: 'TRS_DATA_UNKNOWN_DATASET',
      message: expect.stringContaining('"things"'),
    });
    await expect(host.run(dataShow, { name: 'things@9' })).rejects.toMatchObject({
      code: 'TRS_DATA_UNKNOWN_VERSION',
    });
    const datasets = await host.service(datasetsToken);
    await expect(
      datasets
        .read('things', { columns: ['ie'] })
        [Symbol.asyncIterator]()
        .next(),
    ).rejects.toMatchObject({ code: 'TRS_DATA_UNKNOWN_COLUMN' });
  });

  it('gives rows back in their order, by time when asked, in bounded batches', async () => {
    const rows = fc.array(
      fc.record({
        n: fc.option(fc.integer({ min: -1e6, max: 1e6 })),
        s: fc.option(fc.stringMatching(/^[a-z]{1,6}$/)),
      }),
      { minLength: 1, maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(rows, async (values) => {
        const datasets = await host.service(datasetsToken);
        const actor = host.context({ id: 'test', access: 'data:write' });
        const lines = [{ n: 0, s: 'first' }, ...values];
        const added = await datasets.addRows(actor, {
          name: 'made',
          source: 'a test',
          rows: (async function* () {
            yield* lines;
          })(),
        });
        const read: unknown[] = [];
        for await (const batch of datasets.read(`made@${added.version}`, { batchRows: 7 })) {
          expect(batch.rows).toBeLessThanOrEqual(7);
          for (let i = 0; i < batch.rows; i++) {
            const n = batch.columns.n?.values[i];
            read.push({ n: Number.isNaN(n) ? null : n, s: batch.columns.s?.values[i] });
          }
        }
        expect(read).toEqual(lines);
      }),
      { numRuns: 8 },
    );
  });

  it('confines remote callers to the folder for files', async () => {
    await file('secret.csv', 'a\n1\n');
    for (const path of ['../secret.csv', join(project.dir, 'secret.csv'), '%2e%2e/secret.csv']) {
      await expect(host.run(dataAdd, { path, name: 'things' }, { surface: 'http' })).rejects.toMatchObject({
        code: 'TRS_DOOR_PATH_REFUSED',
      });
    }
    await expect(stat(join(project.dir, '.trestle', 'blobs', 'tmp')).then(() => true)).resolves.toBe(true);
  });
});

import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, makeProject, type Project, vega } from './trestle.test.setup.ts';

describe('trestle data', () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
  });
  afterAll(() => project.remove());

  it.each([
    ['penguins.json', 344, { name: 'Species', type: 'string', nulls: 0 }],
    ['seattle-weather.csv', 1_461, { name: 'date', type: 'timestamp', nulls: 0 }],
    ['movies.json', 3_201, { name: 'IMDB Rating', type: 'number', nulls: 213 }],
    ['flights-3m.parquet', 3_000_000, { name: 'delay', type: 'integer', nulls: 0 }],
  ])('add: %s becomes a version', async (file, rows, column) => {
    const [name = ''] = file.split(/[.-]/);
    const added = await project.json('data', 'add', vega(file), '--name', name);
    expect(added).toMatchObject({ dataset: name, version: 1, rows });
    expect(added.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(added.columns).toContainEqual(column);
  });

  it.each([
    ['tsv', 'a\tb\n1\tx\n2\t\n'],
    ['jsonl', '{"a":1,"b":"x"}\n{"a":2}\n'],
    ['json', '[{"a":1,"b":"x"},{"a":2,"b":null}]'],
    ['csv.gz', gzipSync('a,b\n1,x\n2,\n')],
    ['csv.zst', zstdCompressSync('a,b\n1,x\n2,\n')],
  ])('add: reads .%s', async (extension, content) => {
    const file = await project.write(`small.${extension}`, content);
    expect(await project.json('data', 'add', file, '--name', `small-${extension}`)).toMatchObject({
      rows: 2,
      columns: [
        { name: 'a', type: 'integer', nulls: 0 },
        { name: 'b', type: 'string', nulls: 1 },
      ],
    });
  });

  it('add --append: puts rows behind those of the newest version, which stays as it is', async () => {
    const first = await project.write('first.csv', 'a,b\n1,x\n2,y\n');
    const more = await project.write('more.csv', 'a,b\n3,z\n');
    const one = await project.json('data', 'add', first, '--name', 'grown');
    const two = await project.json('data', 'add', more, '--name', 'grown', '--append');
    expect([one.version, one.rows, two.version, two.rows]).toEqual([1, 2, 2, 3]);
    expect(await project.json('data', 'show', 'grown@1')).toMatchObject({ rows: 2, digest: one.digest });
    expect(await project.json('data', 'show', 'grown')).toMatchObject({ version: 2, digest: two.digest });
    expect(await project.json('data', 'show', 'grown@latest')).toMatchObject({ version: 2 });
  });

  it('list: every version', async () => {
    const { datasets } = await project.json('data', 'list');
    expect(datasets).toContainEqual(expect.objectContaining({ dataset: 'penguins' }));
  });

  it('profile: statistics of each column', async () => {
    const { columns } = await project.json('data', 'profile', 'penguins');
    const mass = columns.find((one: { name: string }) => one.name === 'Body Mass (g)');
    expect(mass).toMatchObject({ type: 'integer', count: 342, nulls: 2, min: 2700, max: 6300 });
    expect(mass.mean).toBeCloseTo(4201.75, 1);
    expect(Object.keys(mass)).toEqual(expect.arrayContaining(['distinct', 'quantiles', 'top']));
  });

  it('expect: writes the suite where validate looks for it', async () => {
    const file = 'expectations/seattle.json';
    const { hint } = await failure(project, 'data', 'validate', 'seattle');
    expect(hint).toContain(file);
    await project.json('data', 'expect', 'seattle', '--out', file);
    expect(await project.json('data', 'validate', 'seattle')).toMatchObject({ passed: true });
    const refused = await failure(project, 'data', 'expect', 'seattle', '--out', 'nowhere/seattle.json');
    expect(refused).toMatchObject({ exit: 2, code: 'TRS_KERNEL_FILE_NOT_WRITABLE' });
  });

  it('validate: exit 0 when all hold, 3 when one fails, with the rows; --quarantine keeps them', async () => {
    const suite = await project.write(
      'mass.json',
      JSON.stringify({
        expectations: [
          { type: 'column.notNull', column: 'Species' },
          { type: 'column.between', column: 'Body Mass (g)', min: 2_700, max: 6_000 },
        ],
      }),
    );
    const failing = await project.run(
      ...['data', 'validate', 'penguins', '--suite', suite, '--quarantine', 'heavy', '--json'],
    );
    expect(failing.code).toBe(3);
    const { passed, results } = JSON.parse(failing.stdout);
    expect(passed).toBe(false);
    expect(results).toMatchObject([{ passed: true }, { passed: false, failures: 2 }]);
    expect(results[1].examples[0]).toBeDefined();
    expect(await project.json('data', 'show', 'heavy')).toMatchObject({ rows: 2 });
    await writeFile(suite, JSON.stringify({ expectations: [{ type: 'table.rowCount', min: 300 }] }));
    const passing = await project.run('data', 'validate', 'penguins', '--suite', suite, '--json');
    expect(passing.code).toBe(0);
    expect(JSON.parse(passing.stdout).passed).toBe(true);
  });

  it.each(['csv', 'jsonl', 'parquet', 'csv.gz'])(
    'export: what comes out as .%s goes in again',
    async (extension) => {
      const out = project.path(`out.${extension}`);
      expect(await project.json('data', 'export', 'penguins', out)).toMatchObject({ path: out, rows: 344 });
      const again = await project.json('data', 'add', out, '--name', `again-${extension}`);
      expect(again.rows).toBe(344);
    },
  );

  it('export: does not leave its folder behind half-written when the place is not there', async () => {
    const refused = await failure(project, 'data', 'export', 'penguins', project.path('no/such/place.csv'));
    expect(refused).toMatchObject({ exit: 2, code: 'TRS_KERNEL_FILE_NOT_WRITABLE' });
  });

  it('reads what it exported as it was', async () => {
    const text = await readFile(project.path('out.csv'), 'utf8');
    expect(text.split('\n')[0]).toContain('Species');
  });
});

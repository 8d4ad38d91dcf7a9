import { mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { failure, makeProject, type Project } from './trestle.test.setup.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const SQL = 'SELECT size, count(*) AS n FROM birds GROUP BY size ORDER BY size; -- by size\n';

describe('trestle data transform', () => {
  let project: Project;
  const add = async (rows: string): Promise<void> => {
    await project.write('birds.csv', `id,size\n${rows}\n`);
    await project.json('data', 'add', 'birds.csv', '--name', 'birds');
  };
  beforeAll(async () => {
    project = await makeProject();
    await add('1,small\n2,large\n3,small');
    await project.write('by-size.sql', SQL);
    await mkdir(project.path('steps'));
    await project.write('steps/loud.ts', 'export const loud = (text: string) => text.toUpperCase();\n');
    await project.write(
      'steps/words.ts',
      `import { loud } from './loud.ts';
export default {
  kind: 'rows',
  reads: { id: 'integer', size: 'string' },
  writes: { id: 'integer', word: 'string' },
  run: (row: { id: number; size: string }, params: { most: number }) =>
    row.id > params.most ? null : { id: row.id, word: loud(row.size) },
};
`,
    );
  });
  afterAll(() => project.remove());

  it('makes a version by the query of a file, once for the same rows, and knows what it was made from', async () => {
    const made = await project.json('data', 'transform', 'by-size.sql');
    expect(made).toMatchObject({
      dataset: 'by-size',
      version: 1,
      rows: 2,
      cached: false,
      inputs: ['birds@1'],
    });
    expect(await project.json('data', 'transform', 'by-size.sql')).toMatchObject({
      version: 1,
      cached: true,
      digest: made.digest,
      reason: 'nothing that it follows from changed',
    });
    await add('1,small\n2,large\n4,huge');
    expect(await project.json('data', 'transform', 'by-size.sql')).toMatchObject({
      version: 2,
      rows: 3,
      cached: false,
      reason: 'its input birds changed',
    });
    const { edges } = await project.json('trace', 'dataset:by-size@2');
    expect(edges).toContainEqual(
      expect.objectContaining({ from: 'dataset:birds@2', to: 'dataset:by-size@2', kind: 'transformed' }),
    );
    expect((await project.run('data', 'lineage', 'by-size')).stdout).toMatch(/size +.*birds@2/);
  });

  it('takes what was made before when the rows are those again, as the newest version', async () => {
    await add('1,small\n2,large\n3,small');
    const again = await project.json('data', 'transform', 'by-size.sql');
    expect(again).toMatchObject({ version: 3, rows: 2, cached: true });
    const forced = await project.json('data', 'transform', 'by-size.sql', '--force');
    expect(forced).toMatchObject({ version: 3, cached: false, reason: 'it was asked for' });
  });

  it('runs the function of a module in its thread, and again when the code or the parameters change', async () => {
    const words = (most: number) =>
      project.json(
        ...['data', 'transform', 'steps/words.ts', '--from', 'birds@1', '--name', 'loud-words'],
        ...['--params', `{"most": ${most}}`],
      );
    expect(await words(2)).toMatchObject({ dataset: 'loud-words', version: 1, rows: 2, cached: false });
    expect(await words(2)).toMatchObject({ version: 1, cached: true });
    expect(await words(1)).toMatchObject({ version: 2, rows: 1, reason: 'its parameters changed' });
    await project.write('steps/loud.ts', "export const loud = (text: string) => text + '!';\n");
    expect(await words(1)).toMatchObject({ version: 3, reason: 'its code changed' });
    expect((await project.json('data', 'query', 'FROM "loud-words"')).rows).toEqual([
      { id: 1, word: 'small!' },
    ]);
  });

  it('tells a person what it made', async () => {
    const { stdout } = await project.run('data', 'transform', 'by-size.sql');
    expect(stdout).toMatch(/by-size@3 is there: nothing that it follows from changed\./);
    expect(stdout).toMatch(/made from +birds@3/);
  });

  it.each([
    ['a file that is not there', 'none.sql', undefined, [], 'TRS_KERNEL_FILE_MISSING'],
    ['another ending', 'birds.csv', undefined, [], 'TRS_DATA_TRANSFORM'],
    ['an empty file', 'empty.sql', ' \n', [], 'TRS_DATA_TRANSFORM'],
    ['only a comment', 'note.sql', '-- SELECT 1', [], 'TRS_DATA_QUERY_REFUSED'],
    ['a file in the query', 'file.sql', "FROM read_csv('/etc/passwd')", [], 'TRS_DATA_QUERY_REFUSED'],
    ['a file as a table', 'file.sql', "FROM '/etc/passwd'", [], undefined],
    ['no SELECT', 'drop.sql', 'DROP TABLE birds', [], 'TRS_DATA_QUERY_REFUSED'],
    ['COPY TO', 'copy.sql', "COPY birds TO '/tmp/out.csv'", [], 'TRS_DATA_QUERY_REFUSED'],
    ['two statements', 'two.sql', 'FROM birds; FROM birds', [], 'TRS_DATA_QUERY_REFUSED'],
    ['an unknown dataset', 'where.sql', 'FROM bird', [], 'TRS_DATA_UNKNOWN_DATASET'],
    ['what it reads as its name', 'birds.sql', 'FROM "birds@1"', [], 'TRS_DATA_TRANSFORM'],
    ['a name that is none', 'a b.sql', 'FROM birds', [], 'TRS_DATA_TRANSFORM'],
    ['no rows', 'none-left.sql', 'FROM birds WHERE id > 100', [], 'TRS_DATA_EMPTY'],
    ['a module without --from', 'steps/words.ts', undefined, [], 'TRS_DATA_TRANSFORM'],
    ['a query with --from', 'by-size.sql', undefined, ['--from', 'birds'], 'TRS_DATA_TRANSFORM'],
    ['a module of no step', 'steps/loud.ts', undefined, ['--from', 'birds'], 'TRS_DATA_STEP_MODULE'],
    ['parameters that are no JSON', 'by-size.sql', undefined, ['--params', '{'], undefined],
  ])('refuses %s, and adds nothing', async (_, file, content, flags, code) => {
    if (content !== undefined) await project.write(file, content);
    const before = (await project.json('data', 'list')).datasets;
    const refused = await failure(project, 'data', 'transform', file, ...flags);
    expect(refused.exit).toBeGreaterThan(0);
    if (code !== undefined) expect(refused).toMatchObject({ code, hint: expect.any(String) });
    else expect(refused.code).not.toContain('INTERNAL');
    expect((await project.json('data', 'list')).datasets).toEqual(before);
  });
});

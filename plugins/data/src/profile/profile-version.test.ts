import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataAdd, dataPlugin, dataProfile } from '../index.ts';

describe('a profile', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
  });
  afterEach(() => project.remove());
  const profile = async (csv: string, options: { target?: string; html?: string } = {}) => {
    await writeFile(join(project.dir, 'a.csv'), csv);
    await host.run(dataAdd, { path: 'a.csv', name: 'things' }, { surface: 'cli' });
    return await host.run(dataProfile, { name: 'things', ...options }, { surface: 'cli' });
  };
  const lines = (header: string, row: (n: number) => string, rows = 200) =>
    [header, ...Array.from({ length: rows }, (_, n) => row(n))].join('\n');

  it('is exact for columns with few values', async () => {
    const { rows, columns } = await profile(lines('n,t', (n) => `${n % 10},${'x'.repeat((n % 4) + 1)}`));
    expect(rows).toBe(200);
    expect(columns[0]).toMatchObject({ distinct: 10, min: 0, max: 9, mean: 4.5, nulls: 0 });
    expect(columns[0]?.quantiles).toMatchObject({
      '0.1': expect.closeTo(0.9, 9),
      '0.5': 4.5,
      '0.9': expect.closeTo(8.1, 9),
    });
    expect(columns[0]?.histogram.reduce((sum, bin) => sum + bin.count, 0)).toBe(200);
    expect(columns[1]).toMatchObject({ distinct: 4, lengths: { min: 1, mean: 2.5, max: 4 } });
    expect(columns[1]?.top[0]).toEqual({ value: 'x', count: 50 });
  });

  it('has the quantiles that NumPy has, where every value is counted', async () => {
    const { columns } = await profile(lines('n,same', (n) => `${n + 1},7`, 4));
    expect(columns[0]?.quantiles).toMatchObject({ '0.1': 1.3, '0.25': 1.75, '0.5': 2.5, '0.75': 3.25 });
    expect(columns[0]?.quantiles?.['0.99']).toBeCloseTo(3.97, 12);
    expect(columns[1]?.quantiles).toMatchObject({ '0.01': 7, '0.5': 7, '0.99': 7 });
    expect(columns.flatMap(({ approximate }) => approximate)).toEqual([]);
  });

  it('has the bounds of whole numbers beyond 2^53 exactly, and says that the rest is rounded', async () => {
    const add = async (values: readonly string[], append: boolean) => {
      await writeFile(join(project.dir, 'a.csv'), `n\n${values.join('\n')}\n`);
      await host.run(dataAdd, { path: 'a.csv', name: 'big', append }, { surface: 'cli' });
      return (await host.run(dataProfile, { name: 'big' })).columns[0];
    };
    const rounded = ['quantiles', 'mean', 'std', 'skewness', 'kurtosis'];
    expect(
      await add(['9223372036854775806', '9223372036854775805', '9223372036854775807'], false),
    ).toMatchObject({
      min: '9223372036854775805',
      max: '9223372036854775807',
      distinct: 3,
      approximate: rounded,
    });
    expect(await add(['9223372036854775804', '-9007199254740993'], true)).toMatchObject({
      min: '-9007199254740993',
      max: '9223372036854775807',
      distinct: 5,
      approximate: ['quantiles', 'histogram', ...rounded.slice(1)],
    });
    expect(await add(['5'], false)).toMatchObject({ min: 5, max: 5, approximate: [] });
  });

  it('says what is an estimate, in the document, the table and the report', async () => {
    const estimated = async (name: string, row: (n: number) => string, rows: number, append = false) => {
      await writeFile(join(project.dir, 'a.csv'), lines('n,word', row, rows));
      await host.run(dataAdd, { path: 'a.csv', name, append }, { surface: 'cli' });
      const found = await host.run(dataProfile, { name, html: 'report.html' }, { surface: 'cli' });
      return Object.fromEntries(found.columns.map((column) => [column.name, column.approximate]));
    };
    // Few: every value is counted.
    expect(await estimated('few', (n) => `${n % 4_000},${n % 9}`, 9_000)).toEqual({ n: [], word: [] });
    // Some, in one part: how many there are is counted, their quantiles lie beside the true ones.
    expect(await estimated('some', (n) => `${n},w${n}`, 9_000)).toEqual({ n: ['quantiles'], word: [] });
    // Many: an estimate by registers.
    const many = await estimated('many', (n) => `${n},w${n}`, 60_000);
    expect(many).toEqual({ n: ['distinct', 'quantiles'], word: ['distinct'] });
    const found = await host.run(dataProfile, { name: 'many' });
    const [table, note] = dataProfile.present?.(found) ?? [];
    expect(JSON.stringify(table)).toContain('"median":"≈ ');
    expect(JSON.stringify(table)).toContain('"distinct":"≈ ');
    expect(note).toMatchObject({ kind: 'note', text: expect.stringContaining('≈ is an estimate') });
    expect(found.sampledRows).toBe(10_000);
    const page = await readFile(join(project.dir, 'report.html'), 'utf8');
    expect(page).toMatch(/different<\/dt><dd>≈ .*median<\/dt><dd>≈ /);
    expect(page).toContain('≈ is an estimate');
  });

  it('counts few values exactly among many rows, and estimates many', async () => {
    const { rows, columns } = await profile(
      lines('few,none,many', (n) => `${n % 300},${n % 2 ? '' : n % 7},${n}`, 210_000),
    );
    expect(rows).toBe(210_000);
    expect(columns[0]).toMatchObject({ distinct: 300, nulls: 0, min: 0, max: 299, mean: 149.5 });
    expect(columns[1]).toMatchObject({ distinct: 7, nulls: 105_000 });
    expect(columns[2]?.distinct).toBeGreaterThan(190_000);
  });

  it('tells what columns mean, and which are about a person', async () => {
    const { columns } = await profile(
      lines(
        'key,mail,kind,price,first_name,seen,tel,story',
        (n) =>
          `${n},p${n}@example.com,${n % 3 ? 'a' : 'b'},${n}.5,Ann,2024-01-0${(n % 9) + 1},+41 44 123 45 ${(n % 90) + 10},${'many words of a story '.repeat(3)}${n}`,
      ),
    );
    const meaning = Object.fromEntries(columns.map((one) => [one.name, [one.semantic, one.isPersonal]]));
    expect(meaning).toEqual({
      key: ['id', false],
      mail: ['email', true],
      kind: ['category', false],
      price: ['money', false],
      first_name: ['name', true],
      seen: ['date', false],
      tel: ['phone', true],
      story: ['text', false],
    });
  });

  it('finds what goes together, and what alone tells the target', async () => {
    const { correlations, leaks } = await profile(
      lines(
        'id,y,copy,other',
        (n) => `${n},${(n * 7) % 3 ? 'no' : 'yes'},${(n * 7) % 3 ? 0 : 1},${n % 7}`,
        600,
      ),
      { target: 'y' },
    );
    expect(leaks).toEqual([{ column: 'copy', score: 1 }]);
    expect(correlations).toHaveLength(3);
  });

  it('copes with columns of nothing and of one value', async () => {
    const { columns } = await profile('a,b,c,d\n,1,inf,x\n,1,2.5,x\n,1,-inf,y\n');
    expect(columns.map((column) => [column.count, column.distinct])).toEqual([
      [0, 0],
      [3, 1],
      [3, 3],
      [3, 2],
    ]);
    expect(columns[0]).toMatchObject({ min: null, histogram: [], top: [] });
  });

  it('is a page without script, in which nothing of the data is markup', async () => {
    const evil = '<script>alert(1)</script>';
    await profile(
      lines(`"${evil}",n`, (n) => `"${evil}",${n}`),
      { html: 'report.html' },
    );
    const page = await readFile(join(project.dir, 'report.html'), 'utf8');
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;');
    expect(page.match(/<svg /g)).toHaveLength(2);
    await expect(
      host.run(dataProfile, { name: 'things', html: 'x.html' }, { surface: 'http' }),
    ).rejects.toMatchObject({ code: 'TRS_DATA_REPORT_LOCAL' });
  });
});

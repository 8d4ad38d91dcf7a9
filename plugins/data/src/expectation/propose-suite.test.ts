import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataAdd, dataExpect, dataPlugin, dataValidate } from '../index.ts';

describe('expectations proposed from a version', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
  });
  afterEach(() => project.remove());
  const add = async (change: (n: number) => string = () => '') => {
    const lines = Array.from(
      { length: 100 },
      (_, n) => change(n) || `${n},p${n}@example.com,${n % 2 ? 'a' : 'b'},${n % 10 ? n * 1.5 : ''}`,
    );
    await writeFile(join(project.dir, 'a.csv'), ['id,mail,kind,n', ...lines].join('\n'));
    await host.run(dataAdd, { path: 'a.csv', name: 'things' }, { surface: 'cli' });
  };
  const propose = (out?: string) =>
    host.run(dataExpect, { name: 'things', ...(out === undefined ? {} : { out }) }, { surface: 'cli' });

  it('say what holds for its columns', async () => {
    await add();
    const { expectations } = await propose();
    const of = (column: string) =>
      expectations.filter((one) => 'column' in one && one.column === column).map((one) => one.type);
    expect(of('id')).toEqual(['column.type', 'column.notNull', 'column.unique']);
    expect(of('mail')).toEqual(['column.type', 'column.notNull', 'column.matches']);
    expect(of('kind')).toEqual(['column.type', 'column.notNull', 'column.inSet']);
    expect(of('n')).toEqual(['column.type', 'column.notNull', 'column.between']);
    expect(expectations).toContainEqual({
      type: 'column.notNull',
      column: 'n',
      severity: 'warn',
      mostly: 0.85,
    });
    expect(expectations).toContainEqual({
      type: 'column.between',
      column: 'n',
      min: 1.5,
      max: 150,
      severity: 'warn',
      mostly: 0.99,
    });
    expect(JSON.stringify(expectations)).not.toContain('p1@example.com');
  });

  it('are a suite that the version meets, and that a worse one does not', async () => {
    await add();
    await propose('suite.json');
    const validate = () =>
      host.run(dataValidate, { name: 'things', suite: 'suite.json' }, { surface: 'cli' });
    expect(await validate()).toMatchObject({ passed: true });
    await add((n) => (n === 7 ? '6,nobody,a,3' : ''));
    const { passed, results } = await validate();
    expect(passed).toBe(false);
    expect(results.filter((one) => !one.passed).map((one) => one.expectation.split(' ')[0])).toEqual([
      'column.unique',
      'column.matches',
    ]);
  });

  it('are written once, one a line, and never over a file that is there', async () => {
    await add();
    const { file, expectations } = await propose('suite.json');
    const text = await readFile(join(project.dir, 'suite.json'), 'utf8');
    expect(file).toBe('suite.json');
    expect(text.split('\n')).toHaveLength(expectations.length + 5);
    await expect(propose('suite.json')).rejects.toMatchObject({ code: 'TRS_DATA_SUITE_EXISTS' });
    expect(await readFile(join(project.dir, 'suite.json'), 'utf8')).toBe(text);
  });
});

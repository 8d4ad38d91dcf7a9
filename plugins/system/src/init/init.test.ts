import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openHost } from '@trestle/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TemporaryHost, temporaryHost } from '../temporary-host.test.fixture.ts';
import { init } from './init.ts';
import { sampleCustomers } from './sample-customers.ts';

describe('trestle init', () => {
  let t: TemporaryHost;
  beforeEach(async () => {
    t = await temporaryHost();
  });
  afterEach(() => t.remove());

  it('makes a project that opens', async () => {
    const { project, files, kept } = await t.host.run(init, { dir: 'shop' });
    expect(project).toBe(join(t.dir, 'shop'));
    expect(files).toEqual(['data/customers.csv', 'README.md', '.gitignore', 'trestle.config.ts']);
    expect(kept).toEqual([]);
    const host = await openHost({ projectDir: project, plugins: [], env: {} });
    expect(host.project.dir).toBe(project);
    await host.close();
    expect(await readFile(join(project, 'README.md'), 'utf8')).toContain('# shop');
  });

  it('makes the current folder a project when none is named', async () => {
    expect((await t.host.run(init, {})).project).toBe(t.dir);
    expect(await readdir(t.dir)).toContain('trestle.config.ts');
  });

  it.each(['trestle.config.ts', 'trestle.config.js', 'trestle.config.json'])(
    'refuses a folder that has a %s, and changes nothing',
    async (name) => {
      await mkdir(join(t.dir, 'shop'));
      await writeFile(join(t.dir, 'shop', name), 'mine');
      await expect(t.host.run(init, { dir: 'shop' })).rejects.toMatchObject({
        code: 'TRS_SYSTEM_PROJECT_EXISTS',
      });
      expect(await readdir(join(t.dir, 'shop'))).toEqual([name]);
      expect(await readFile(join(t.dir, 'shop', name), 'utf8')).toBe('mine');
    },
  );

  it('keeps files that are there', async () => {
    await mkdir(join(t.dir, 'shop'));
    await writeFile(join(t.dir, 'shop', 'README.md'), 'mine');
    expect((await t.host.run(init, { dir: 'shop' })).kept).toEqual(['README.md']);
    expect(await readFile(join(t.dir, 'shop', 'README.md'), 'utf8')).toBe('mine');
  });

  it('names a parent folder that is missing', async () => {
    await expect(t.host.run(init, { dir: 'no/such/shop' })).rejects.toMatchObject({
      code: 'TRS_KERNEL_FILE_NOT_WRITABLE',
    });
  });

  it('is not offered over HTTP', async () => {
    await expect(t.host.run(init, { dir: 'shop' }, { surface: 'http' })).rejects.toMatchObject({
      code: 'TRS_SYSTEM_LOCAL_ONLY',
    });
  });
});

describe('the sample data', () => {
  const [header = '', ...rows] = sampleCustomers().trimEnd().split('\n');

  it('is the same every time, rectangular, and has both outcomes and missing values', () => {
    expect(sampleCustomers()).toBe(sampleCustomers());
    expect(rows).toHaveLength(800);
    const width = header.split(',').length;
    expect(rows.every((row) => row.split(',').length === width)).toBe(true);
    const churned = rows.filter((row) => row.endsWith(',true')).length;
    expect(churned).toBeGreaterThan(200);
    expect(churned).toBeLessThan(600);
    expect(rows.some((row) => row.includes(',,'))).toBe(true);
  });

  it('has something to learn: who had support tickets cancels more often', () => {
    const rate = (some: readonly string[]) => some.filter((row) => row.endsWith('true')).length / some.length;
    const hasTickets = (row: string) => Number(row.split(',')[6]) > 0;
    expect(rate(rows.filter(hasTickets))).toBeGreaterThan(rate(rows.filter((row) => !hasTickets(row))) + 0.1);
  });
});

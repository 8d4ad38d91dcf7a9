import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Datasets, datasetsToken, type FloatBatch } from '@trestle/contracts';
import type { Host } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { dataAdd, dataPlugin } from '../index.ts';

// Several tests share two cores.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const ROWS = 10_000;

describe('loading for training', () => {
  let project: TemporaryProject;
  let host: Host;
  let datasets: Datasets;
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
    const lines = Array.from(
      { length: ROWS },
      (_, i) =>
        `${i},${i % 7 === 0 ? '' : i / 2},${i % 2 === 0},${new Date(i * 1_024_000).toISOString()},t${i}`,
    );
    await writeFile(join(project.dir, 'rows.csv'), `n,half,even,at,name\n${lines.join('\n')}\n`);
    await host.run(dataAdd, { path: 'rows.csv', name: 'rows' }, { surface: 'cli' });
    await writeFile(join(project.dir, 'more.csv'), `n,half,even,at,name\n${ROWS},1,true,1970-01-01,x\n`);
    await host.run(dataAdd, { path: 'more.csv', name: 'rows', append: true }, { surface: 'cli' });
    datasets = await host.service(datasetsToken);
  });
  afterAll(() => project.remove());

  const load = async (options: Parameters<Datasets['load']>[1]): Promise<FloatBatch[]> => {
    const batches: FloatBatch[] = [];
    for await (const batch of datasets.load('rows', options)) batches.push(batch);
    return batches;
  };

  it('gives the numbers of all parts in their order, row by row, in batches of one size', async () => {
    const batches = await load({ columns: ['half', 'n', 'even', 'at'], batchRows: 512 });
    expect(batches.map((batch) => batch.rows)).toEqual([...Array(19).fill(512), ROWS + 1 - 19 * 512]);
    expect(batches[0]?.columns).toEqual(['half', 'n', 'even', 'at']);
    const values = batches.flatMap((batch) => [...batch.values]);
    for (let i = 0; i < ROWS; i++) {
      expect(values.slice(i * 4, i * 4 + 4)).toEqual([
        i % 7 === 0 ? Number.NaN : i / 2,
        i,
        i % 2 === 0 ? 1 : 0,
        i * 1_024_000,
      ]);
    }
    expect(values.slice(ROWS * 4)).toEqual([1, ROWS, 1, 0]);
  });

  it('shuffles by seed, and loses nothing', async () => {
    const numbers = async (seed: number): Promise<number[]> =>
      (await load({ columns: ['n'], shuffle: { seed, bufferRows: 1_000 } })).flatMap((batch) => [
        ...batch.values,
      ]);
    const [first, again, other] = [await numbers(1), await numbers(1), await numbers(2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(first.toSorted((a, b) => a - b)).toEqual(Array.from({ length: ROWS + 1 }, (_, i) => i));
  });

  it('can leave out a last batch that is not full, and be given up in the middle', async () => {
    const full = await load({ columns: ['n'], dropLast: true });
    expect(full.map((batch) => batch.rows)).toEqual(Array(9).fill(1_024));
    for await (const batch of datasets.load('rows', { columns: ['n'], batchRows: 10 })) {
      expect(batch.rows).toBe(10);
      break;
    }
  });

  it('gives the memory of a batch that was disposed of to a later one, and never shows that in the first', async () => {
    const seen: number[] = [];
    const kept: FloatBatch[] = [];
    let last: Float32Array | undefined;
    for await (using batch of datasets.load('rows', { columns: ['n'], batchRows: 100 })) {
      expect(last?.length ?? 0).toBe(0);
      seen.push(...batch.values);
      kept.push(batch);
      last = batch.values;
    }
    expect(seen).toEqual(Array.from({ length: ROWS + 1 }, (_, i) => i));
    for (const batch of kept) {
      batch.dispose();
      expect(batch.values).toHaveLength(0);
    }
  });

  it.each([
    ['texts', { columns: ['name'] }, 'TRS_DATA_NOT_NUMBERS'],
    ['a column that is not there', { columns: ['m'] }, 'TRS_DATA_UNKNOWN_COLUMN'],
  ])('refuses %s', async (_, options, code) => {
    await expect(load(options)).rejects.toMatchObject({ code });
  });
});

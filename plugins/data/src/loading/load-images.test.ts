import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Datasets, datasetsToken, type FloatBatch, type LoadOptions } from '@trestle/contracts';
import { decodeImages } from '@trestle/model';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { dataAdd, dataPlugin } from '../index.ts';

// Several tests share two cores, and threads are started.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const IMAGES = 50;
const SIZE = { height: 6, width: 8, channels: 3 } as const;

/** An image of which the colour tells the number: its size as well, and a stripe so that resizing matters. */
function image(n: number): Buffer {
  const [width, height] = [5 + (n % 7), 4 + (n % 5)];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) =>
    at % 3 === 0 ? n * 5 : at % 3 === 1 ? 255 - n * 5 : Math.floor(at / 3) % width === 0 ? 200 : 40,
  );
  return Buffer.from(encode({ width, height, channels: 3, data }));
}

describe('loading images for training', () => {
  let project: TemporaryProject;
  let datasets: Datasets;
  beforeAll(async () => {
    project = await temporaryProject();
    const host = await project.open([dataPlugin]);
    for (const label of ['crow', 'gull', 'owl'])
      await mkdir(join(project.dir, 'birds', label), { recursive: true });
    for (let n = 0; n < IMAGES; n++) {
      const label = n < 20 ? 'crow' : n < 48 ? 'gull' : 'owl';
      await writeFile(join(project.dir, 'birds', label, `${100 + n}.png`), image(n));
    }
    await host.run(dataAdd, { path: 'birds', name: 'birds' }, { surface: 'cli' });
    const lines = [image(0).toString('base64'), image(1).toString('base64'), 'AAAA'];
    const rows = lines.map((text, n) => JSON.stringify({ n, image: text })).join('\n');
    await writeFile(join(project.dir, 'bad.jsonl'), rows);
    await host.run(dataAdd, { path: 'bad.jsonl', name: 'bad' }, { surface: 'cli' });
    await writeFile(join(project.dir, 'none.jsonl'), `${rows.split('\n')[0]}\n{"n":1,"image":null}\n`);
    await host.run(dataAdd, { path: 'none.jsonl', name: 'none' }, { surface: 'cli' });
    datasets = await host.service(datasetsToken);
  });
  afterAll(() => project.remove());

  const load = async (options: LoadOptions, name = 'birds'): Promise<FloatBatch[]> => {
    const batches: FloatBatch[] = [];
    for await (const batch of datasets.load(name, options)) batches.push(batch);
    return batches;
  };
  const LABELLED = { columns: ['label', 'width'], classes: { label: ['crow', 'gull'] } } as const;

  it('gives them as a model sees them, from 0 to 1, beside the numbers of their rows', async () => {
    const batches = await load({ ...LABELLED, images: { image: SIZE }, batchRows: 16 });
    expect(batches.map(({ rows, images }) => [rows, images.image?.shape])).toEqual([
      ...Array(3).fill([16, [16, 3, 6, 8]]),
      [2, [2, 3, 6, 8]],
    ]);
    const all = Array.from({ length: IMAGES }, (_, n) => image(n).toString('base64'));
    const expected = (await decodeImages(all, SIZE)).map((value) => value / 255);
    const values = batches.flatMap(({ images }) => [...(images.image?.values ?? [])]);
    expect(values).toHaveLength(expected.length);
    expect(values.every((value, at) => Math.abs(value - (expected[at] ?? 0)) < 1e-6)).toBe(true);
    expect(batches.flatMap((batch) => [...batch.values])).toEqual(
      Array.from({ length: IMAGES }, (_, n) => [n < 20 ? 0 : n < 48 ? 1 : Number.NaN, 5 + (n % 7)]).flat(),
    );
  });

  it('normalises them channel by channel', async () => {
    const [plain] = await load({ columns: [], images: { image: SIZE } });
    const normalise = { mean: [0.5, 0.25, 0.1], deviation: [0.5, 2, 0.2] };
    const [normal] = await load({ columns: [], images: { image: { ...SIZE, normalise } } });
    const size = SIZE.height * SIZE.width;
    for (const [at, value] of (plain?.images.image?.values ?? []).entries()) {
      const channel = Math.floor(at / size) % 3;
      const wanted = (value - (normalise.mean[channel] ?? 0)) / (normalise.deviation[channel] ?? 0);
      expect(normal?.images.image?.values[at]).toBeCloseTo(wanted, 5);
    }
  });

  it('mixes them by seed, each with the numbers of its row, and loses none', async () => {
    const pairs = async (seed: number): Promise<number[]> => {
      const shuffle = { seed, bufferRows: 10 };
      const grey = { height: 1, width: 1, channels: 3 } as const;
      const batches = await load({ columns: ['bytes'], images: { image: grey }, shuffle, batchRows: 7 });
      return batches.flatMap(({ rows, values, images }) =>
        Array.from({ length: rows }, (_, row) => {
          const n = Math.round(((images.image?.values[row * 3] ?? 0) * 255) / 5);
          expect(values[row]).toBe(image(n).length);
          return n;
        }),
      );
    };
    const [first, again, other] = [await pairs(1), await pairs(1), await pairs(2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(first.toSorted((a, b) => a - b)).toEqual(Array.from({ length: IMAGES }, (_, n) => n));
    // None comes earlier than the buffer allows.
    for (const [at, n] of first.entries()) expect(n - at).toBeLessThanOrEqual(10);
  });

  it('can be given up in the middle, and leaves out a last batch that is not full', async () => {
    for await (const batch of datasets.load('birds', {
      columns: [],
      images: { image: SIZE },
      batchRows: 2,
    })) {
      expect(batch.rows).toBe(2);
      break;
    }
    const full = await load({ columns: [], images: { image: SIZE }, batchRows: 16, dropLast: true });
    expect(full.map(({ rows }) => rows)).toEqual([16, 16, 16]);
    full[0]?.dispose();
    expect(full.map(({ images }) => (images.image?.values.length ?? 0) > 0)).toEqual([false, true, true]);
  });

  it('names the row of what is no image, behind the batches before it', async () => {
    const batches: FloatBatch[] = [];
    const all = async (name: string): Promise<void> => {
      const options = { columns: [], images: { image: SIZE }, batchRows: 1 };
      for await (const batch of datasets.load(name, options)) batches.push(batch);
    };
    await expect(all('bad')).rejects.toMatchObject({
      code: 'TRS_DATA_IMAGE',
      message: 'Row 2 of "image" in bad@1: it is neither a PNG nor a JPEG.',
    });
    expect(batches).toHaveLength(2);
    await expect(all('none')).rejects.toMatchObject({ code: 'TRS_DATA_IMAGE', details: { row: 1 } });
  });

  it.each([
    ['texts without classes', { images: { image: SIZE } }, 'TRS_DATA_NOT_NUMBERS'],
    ['a column that is not there', { columns: [], images: { picture: SIZE } }, 'TRS_DATA_UNKNOWN_COLUMN'],
  ])('refuses %s', async (_, options, code) => {
    await expect(load(options)).rejects.toMatchObject({ code });
  });
});

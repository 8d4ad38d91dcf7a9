import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { dataAdd, dataDiff, dataPlugin, dataValidate } from '../index.ts';

// Several tests share two cores, and threads are started.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let state = 5;
const random = (): number => {
  state = (state * 16807) % 2147483647;
  return state / 2147483647;
};

/** Noise around a grey that differs from image to image, some of it redder. */
function photo(light: number, red: number, size = 8): Buffer {
  const grey = light * (80 + 100 * random());
  const data = Uint8Array.from({ length: size * size * 3 }, (_, at) =>
    Math.min(255, grey + 40 * random() + (at % 3 === 0 ? red : 0)),
  );
  return Buffer.from(encode({ width: size, height: size, channels: 3, data }));
}

describe('images of two versions', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
    await add('alike', () => photo(1, 0));
    await add('photos', () => photo(1, 0));
    await add('dark', () => photo(0.5, 0));
    await add('red', () => photo(1, 60));
    await add('small', () => photo(1, 0, 6));
    await add('broken', (n) => (n % 2 === 0 ? photo(1, 0) : photo(1, 0).subarray(0, 40)));
  });
  afterAll(() => project.remove());

  async function add(name: string, image: (n: number) => Buffer): Promise<void> {
    await mkdir(join(project.dir, name));
    for (let n = 0; n < 200; n++) await writeFile(join(project.dir, name, `${100 + n}.png`), image(n));
    await host.run(dataAdd, { path: name, name }, { surface: 'cli' });
  }

  it.each([
    ['photos', undefined, true],
    ['alike', undefined, true],
    ['dark', 'brightness', false],
    ['red', 'red', false],
    ['small', 'width', false],
    ['broken', 'decodable', false],
  ])('are compared by what they look like: %s', async (name, of, passed) => {
    const drift = { type: 'column.drift', column: 'image', from: 'photos', max: 0.25 };
    await writeFile(join(project.dir, 'suite.json'), JSON.stringify({ expectations: [drift] }));
    const report = await host.run(dataValidate, { name, suite: 'suite.json' }, { surface: 'cli' });
    expect(report.results).toMatchObject([of === undefined ? { passed } : { passed, of }]);
    if (name === 'photos') expect(report.results[0]?.observed).toBe(0);
  });

  it('differ by row in their digests, and as a column by what differs most', async () => {
    const { rows, columns } = await host.run(dataDiff, { from: 'photos', to: 'dark', key: 'file' });
    expect(rows).toMatchObject({ added: 0, removed: 0, changed: 200 });
    const [example] = rows.examples.changed;
    expect(example?.columns.image?.from).toMatch(/^sha256:[0-9a-f]{64}$/);
    const image = columns.find(({ name }) => name === 'image');
    expect(image).toMatchObject({ of: 'brightness' });
    expect(image?.distance).toBeGreaterThan(0.5);
    expect(columns.find(({ name }) => name === 'width')).toMatchObject({ distance: 0 });
  });
});

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode as encodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { failure, makeProject, type Project, start } from './trestle.test.setup.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/** Digits of three by five cells, a line for each row of cells. */
const DIGITS = [
  '111 101 101 101 111',
  '010 110 010 010 111',
  '111 001 111 100 111',
  '111 001 111 001 111',
  '101 101 111 001 001',
  '111 100 111 001 111',
  '111 100 111 101 111',
  '111 001 010 010 010',
  '111 101 111 101 111',
  '111 101 111 001 111',
].map((lines) => lines.split(' '));
const EACH = 40;

let state = 11;
const random = (): number => {
  state = (state * 16807) % 2147483647;
  return state / 2147483647;
};

/** A digit somewhere in an image of some size, with noise; a PNG or a JPEG. */
function drawn(
  digit: number,
  index: number,
  light = 1,
): { readonly name: string; readonly bytes: Uint8Array } {
  const size = 24 + Math.floor(random() * 17);
  const cell = size / 7;
  const [left, top] = [cell * (1 + 2 * random()), cell * (0.5 + random())];
  const inkAt = (x: number, y: number): boolean =>
    DIGITS[digit]?.[Math.floor((y - top) / cell)]?.[Math.floor((x - left) / cell)] === '1';
  const grey = Uint8Array.from({ length: size * size }, (_, at) => {
    const ink = inkAt(at % size, Math.floor(at / size)) ? 220 : 30;
    return light * Math.max(0, Math.min(255, ink + 60 * (random() - 0.5)));
  });
  if (index % 2 === 0)
    return { name: `${index}.png`, bytes: encodePng({ width: size, height: size, channels: 1, data: grey }) };
  const data = Buffer.from([...grey].flatMap((value) => [value, value, value, 255]));
  return { name: `${index}.jpg`, bytes: jpeg.encode({ width: size, height: size, data }, 90).data };
}

let project: Project;
beforeAll(async () => {
  project = await makeProject();
  for (let digit = 0; digit < 10; digit++) {
    await mkdir(project.path(join('digits', String(digit))), { recursive: true });
    for (let index = 0; index < EACH; index++) {
      const { name, bytes } = drawn(digit, index);
      await writeFile(project.path(join('digits', String(digit), name)), bytes);
    }
  }
});
afterAll(() => project.remove());

const FEATURES = JSON.stringify({ image: { kind: 'image', size: [14, 14], channels: 1 } });

describe('a folder of images', () => {
  it('becomes a dataset, a model that tells them apart, and predictions of images of any size', async () => {
    expect(await project.json('data', 'add', 'digits', '--name', 'digits')).toMatchObject({
      rows: 10 * EACH,
    });
    const train = ['train', '--data', 'digits', '--target', 'label', '--seed', '3'];
    const trained = await project.json(
      ...train,
      '--estimator',
      'mlp',
      '--features',
      FEATURES,
      '--register',
      'digits',
    );
    expect(trained.metrics.test.accuracy).toBeGreaterThan(0.85);
    const left = 'Left out: file, format, width, height, bytes: facts of the file, not of what it shows.';
    expect(trained.notes).toContain(left);
    expect((await project.json('model', 'show', 'digits')).features).toEqual([
      { name: 'image', type: 'image', nullable: false, image: { height: 14, width: 14, channels: 1 } },
    ]);
    expect(await project.json('model', 'verify', 'digits')).toMatchObject({ verified: true });
    const rows = [3, 7, 0].flatMap((digit) =>
      [1, 2].map((index) => ({ digit, image: Buffer.from(drawn(digit, index).bytes).toString('base64') })),
    );
    await project.write('new.jsonl', rows.map(({ image }) => JSON.stringify({ image })).join('\n'));
    const { predictions } = await project.json('predict', 'digits', '--input', 'new.jsonl');
    const right = rows.filter(({ digit }, row) => predictions[row].label === String(digit));
    expect(right.length).toBeGreaterThanOrEqual(5);
    await project.json('deploy', 'digits', '--name', 'live');
    const server = start(['serve', '--port', '0'], { cwd: project.dir });
    try {
      const [, url] = await server.says(/(http:\/\/127\.0\.0\.1:\d+)/);
      const answer = await fetch(`${url}/v1/predict/live`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ rows: rows.map(({ image }) => ({ image })) }),
      });
      expect(await answer.json()).toMatchObject({ predictions });
      const send = async (light: number): Promise<void> => {
        const images = Array.from({ length: 300 }, (_, k) => drawn(k % 10, k, light).bytes);
        await fetch(`${url}/v1/predict/live`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            rows: images.map((bytes) => ({ image: Buffer.from(bytes).toString('base64') })),
          }),
        });
      };
      const drifted = async (): Promise<readonly string[]> => {
        const { features } = JSON.parse(
          (await project.run('monitor', 'drift', 'live', '--server', String(url), '--json')).stdout,
        );
        return features
          .filter((one: { drifted: boolean }) => one.drifted)
          .map((one: { name: string }) => one.name);
      };
      await send(1);
      expect(await drifted()).toEqual([]);
      // The lens is dirty: what was white is grey now.
      await send(0.6);
      expect(await drifted()).toEqual(['image.brightness', 'image.contrast']);
    } finally {
      server.child.kill('SIGTERM');
      await server.ended;
    }
  });

  it('with something in it that is no image is refused with its row, by training and by prediction', async () => {
    const image = Buffer.from(drawn(1, 0).bytes).toString('base64');
    const lines = Array.from({ length: 20 }, (_, row) => ({
      label: row % 2,
      image: row === 7 ? 'AAAA' : image,
    }));
    await project.write('bad.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
    await project.run('data', 'add', 'bad.jsonl', '--name', 'bad');
    const train = ['train', '--data', 'bad', '--target', 'label', '--features', FEATURES];
    expect(await failure(project, ...train)).toMatchObject({
      exit: 2,
      code: 'TRS_TRAIN_IMAGE',
      message: 'Row 7 of "image": it is neither a PNG nor a JPEG.',
    });
    await project.write('new.jsonl', JSON.stringify({ image: 'AAAA' }));
    const refused = await failure(project, 'predict', 'digits', '--input', 'new.jsonl');
    expect(refused).toMatchObject({ exit: 2, code: 'TRS_SERVING_ROW_INVALID' });
    expect(refused.message).toContain('neither a PNG nor a JPEG');
  });
});

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../src/index.ts';
import { decoderModel, encoderModel, productModel, tableModel } from './page/models.ts';
import { type Served, servePage } from './page/serve.ts';

/** What a page may pay for a model of a table or of images, minified and compressed. */
const MAX_BYTES = 130 * 1_000;

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = [process.env.TRESTLE_CHROMIUM ?? '', ...places].find(existsSync);
if (executablePath === undefined && process.env.TRESTLE_REQUIRE_CHROMIUM === '1')
  throw new Error('There is no Chromium, and TRESTLE_REQUIRE_CHROMIUM says that there must be one.');

const [table, encoder, decoder] = [tableModel(), encoderModel(), decoderModel()];
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const TEXTS = [{ text: 'The planes hit birds.' }, { text: 'late' }, { text: 'a bird hit the plane, late.' }];

describe('a model in a page', () => {
  let served: Served;
  beforeAll(async () => {
    served = await servePage(
      new Map([
        ['table.onnx', table],
        ['encoder.onnx', encoder],
        ['product.onnx', productModel()],
        ['decoder.onnx', decoder],
        ['broken.onnx', table.slice(0, 100)],
      ]),
    );
  }, 120_000);
  afterAll(() => served?.close());

  it(`costs at most ${MAX_BYTES} bytes, of which the page itself loads almost none`, () => {
    const { page, worker } = served.sizes;
    process.stdout.write(`A model in a page: ${page} bytes in the page, ${worker} in its worker.\n`);
    expect(page).toBeGreaterThan(500);
    expect(page).toBeLessThan(4_000);
    expect(worker).toBeGreaterThan(50_000);
    expect(page + worker).toBeLessThanOrEqual(MAX_BYTES);
  });

  describe.skipIf(executablePath === undefined)('in Chromium', () => {
    let browser: Browser;
    let page: Page;
    const inPage = async <T>(code: string): Promise<T> => await page.evaluate<T>(`(async () => {${code}})()`);
    /** The code and the words of what is thrown. */
    const refusal = (code: string): Promise<{ code?: string; message: string; field?: string }> =>
      inPage(`
        try { ${code} } catch ({ code, message, details }) { return { code, message, field: details?.field }; }
        return { message: 'nothing was thrown' };`);
    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath: executablePath ?? '',
        args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
      });
      page = await browser.newPage();
      await page.goto(served.url);
      await page.waitForFunction('globalThis.load !== undefined');
    });
    afterAll(() => browser?.close());

    it('of a table predicts as in Node, says how far its file is, and comes from the cache the second time', async () => {
      const code = `
        const progress = [];
        const model = await load('table.onnx', { digest: '${digestOf(table)}', onProgress: (one) => progress.push(one) });
        const found = {
          digest: model.digest, card: model.card, last: progress.at(-1), isolated: crossOriginIsolated,
          predictions: await model.predict([{ speed: 200 }, { speed: 100 }]),
          verified: (await model.verify()).verified,
          outputs: await model.run({ speed: { type: 'float32', dims: [1, 1], data: Float32Array.of(50) } }),
        };
        model.close();
        return JSON.parse(JSON.stringify({ ...found, outputs: Object.values(found.outputs).map(({ data }) => [...data]) }));`;
      const wanted = {
        ...{ digest: digestOf(table), card: '# A cost', isolated: true, verified: true },
        last: { received: table.length, total: table.length },
        predictions: [{ value: 7 }, { value: 5 }],
        outputs: [[4]],
      };
      expect(await inPage(code)).toEqual(wanted);
      expect(await inPage(code)).toEqual(wanted);
      expect(served.requests.get('table.onnx')).toBe(1);
    });

    it('of texts has its tokeniser with it, and gives the vectors that it gives in Node', async () => {
      const node = await (await openModel(encoder)).predict(TEXTS);
      const found = await inPage<typeof node>(`
        const model = await load('encoder.onnx');
        const answers = await model.predict(${JSON.stringify(TEXTS)});
        model.close();
        return JSON.parse(JSON.stringify(answers));`);
      const vectors = (answers: typeof node): number[][] =>
        answers.map((answer) => Array.from(Object.values(answer).find(Array.isArray) as number[]));
      const [ours, theirs] = [vectors(found), vectors(node)];
      expect(theirs[0]).toHaveLength(8);
      for (const [row, vector] of theirs.entries())
        for (const [at, value] of vector.entries()) expect(ours[row]?.[at]).toBeCloseTo(value, 5);
    });

    it('writes a text on, piece by piece as in Node, and stops where nobody listens any more', async () => {
      const rows = [{ text: 'The plane' }, { text: 'late', temperature: 1.2, seed: 7, max_tokens: 20 }];
      const { generate } = await openModel(decoder);
      const wanted: unknown[][] = [];
      for (const row of rows) {
        const pieces: unknown[] = [];
        for await (const piece of generate?.(row) ?? []) pieces.push(piece);
        wanted.push(pieces);
      }
      expect(wanted.map((pieces) => pieces.length > 1)).toEqual([true, true]);
      const found = await inPage(`
        const model = await load('decoder.onnx');
        const found = [];
        for (const row of ${JSON.stringify(rows)}) found.push(await Array.fromAsync(model.generate(row)));
        let count = 0;
        for await (const piece of model.generate({ text: 'the', max_tokens: 50 })) if (++count === 2) break;
        // A text that nobody reads on does not keep the next one waiting.
        found.push(await Array.fromAsync(model.generate({ text: 'The plane' })));
        model.close();
        return JSON.parse(JSON.stringify(found));`);
      expect(found).toEqual([...wanted, wanted[0]]);
    });

    it('computes on the device that is asked for', async () => {
      const rows = 32;
      const wanted = Array.from({ length: rows * 128 }, (_, at) => {
        let sum = 0;
        for (let k = 0; k < 128; k++) sum += ((Math.floor(at / 128) + k) % 5) * ((k * 128 + (at % 128)) % 7);
        return sum;
      });
      for (const device of ['wasm', 'webgpu']) {
        const found = await inPage<number[]>(`
          const model = await load('product.onnx', { device: '${device}' });
          const data = Float32Array.from({ length: ${rows} * 128 }, (_, i) => (Math.floor(i / 128) + (i % 128)) % 5);
          const { y } = await model.run({ x: { type: 'float32', dims: [${rows}, 128], data } });
          model.close();
          return [...y.data];`);
        expect(found).toEqual(wanted);
      }
    });

    it('refuses a file that is another, is not there, is broken, or is too large', async () => {
      const other = digestOf(encoder);
      expect(await refusal(`await load('table.onnx', { digest: '${other}' })`)).toMatchObject({
        code: 'TRS_MODEL_DIGEST',
        message: expect.stringContaining(other),
      });
      expect(await refusal(`await load('missing.onnx')`)).toMatchObject({
        code: 'TRS_MODEL_DOWNLOAD',
        message: expect.stringContaining('404'),
      });
      expect(await refusal(`await load('broken.onnx')`)).toMatchObject({ code: 'TRS_ONNX_MALFORMED' });
      expect(await refusal(`await load('table.onnx', { maxBytes: 10 })`)).toMatchObject({
        code: 'TRS_MODEL_DOWNLOAD',
        message: expect.stringContaining('more than 10'),
      });
    });

    it('names the row and the field that it refuses, and ends when it is told to', async () => {
      expect(
        await refusal(`const model = await load('table.onnx'); await model.predict([{ speed: 'fast' }])`),
      ).toMatchObject({ code: 'TRS_MODEL_ROW_INVALID', field: 'speed' });
      expect(
        await refusal(
          `const model = await load('table.onnx'); model.close(); await model.predict([{ speed: 1 }])`,
        ),
      ).toMatchObject({ message: 'The model is closed.' });
      expect(
        await refusal(`await load('table.onnx', { signal: AbortSignal.abort(new Error('enough')) })`),
      ).toEqual({ message: 'enough' });
    });

    it('replaces a file of the cache that is damaged', async () => {
      const before = served.requests.get('table.onnx') ?? 0;
      const value = await inPage(`
        const cache = await caches.open(MODEL_CACHE);
        await cache.put(new URL('table.onnx', location.href).href, new Response('damaged'));
        const model = await load('table.onnx', { digest: '${digestOf(table)}' });
        return (await model.predict([{ speed: 200 }]))[0].value;`);
      expect(value).toBe(7);
      expect(served.requests.get('table.onnx')).toBe(before + 1);
    });
  });
});

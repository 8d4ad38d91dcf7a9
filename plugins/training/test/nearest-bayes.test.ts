import { readFileSync } from 'node:fs';
import type { Design, FitOptions } from '@trestle/contracts';
import { graphBuilder, writeModel } from '@trestle/onnx';
import * as ort from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fitNaiveBayes } from '../src/estimator/fit-naive-bayes.ts';
import { fitNearest } from '../src/estimator/fit-nearest.ts';
import { nearest } from '../src/estimator/nearest.ts';

ort.env.wasm.numThreads = 1;

const numbers = z.array(z.number());
const byTask = z.record(z.string(), z.object({ alike: numbers, weighted: numbers }));
// Made by fixtures/nearest-bayes.py with scikit-learn 1.2.1 (Debian's python3-sklearn).
const known = z
  .object({
    train: z.number(),
    ...{ x: z.array(numbers), c: z.array(numbers), weights: numbers },
    ...{ binary: numbers, multiclass: numbers, regression: numbers },
    nearest: z.array(
      z.object({
        neighbours: z.number(),
        weights: z.enum(['uniform', 'distance']),
        task: z.enum(['binary', 'multiclass', 'regression']),
        predictions: numbers,
      }),
    ),
    ...{ gaussian: byTask, categorical: byTask, mixed: z.record(z.string(), numbers) },
  })
  .parse(JSON.parse(readFileSync(new URL('./fixtures/nearest-bayes.json', import.meta.url), 'utf8')));

const designOf = (rows: readonly number[][], categories?: readonly number[]): Design => ({
  ...{ rows: rows.length, width: rows[0]?.length ?? 0, matrix: Float32Array.from(rows.flat()) },
  ...(categories ? { categories } : {}),
});
const { train } = known;
const optionsOf = (task: FitOptions['task'], weights?: readonly number[]): FitOptions => ({
  task,
  targets: Float64Array.from(known[task].slice(0, train)),
  ...(weights ? { weights: Float64Array.from(weights) } : {}),
  ...{ outputs: task === 'multiclass' ? 3 : 1, seed: 1, signal: new AbortController().signal },
  onRound: () => {},
});

type Fitted = Awaited<ReturnType<typeof fitNearest>>;

/** What the graph gives in ONNX Runtime. */
async function inRuntime({ head }: Fitted, of: Design, outputs: number): Promise<number[]> {
  const graph = graphBuilder([{ domain: '', version: 18 }]);
  const output = head(graph, 'design');
  const session = await ort.InferenceSession.create(
    writeModel({
      ...{ irVersion: 8, producer: 'test', opsets: graph.opsets(), metadata: {} },
      graph: {
        ...{ name: 'head', nodes: graph.nodes, initializers: graph.initializers },
        inputs: [{ name: 'design', type: 'float32', dims: ['batch', of.width] }],
        outputs: [{ name: output, type: 'float32', dims: ['batch', outputs] }],
      },
    }),
  );
  const found = await session.run({ design: new ort.Tensor('float32', of.matrix, [of.rows, of.width]) });
  return Array.from(found[output]?.data as Float32Array);
}

function expectClose(found: ArrayLike<number>, wanted: readonly number[], digits: number): void {
  expect(found).toHaveLength(wanted.length);
  for (const [at, value] of wanted.entries())
    expect(found[at], `prediction ${at}`).toBeCloseTo(value, digits);
}

describe('k-nearest neighbours', () => {
  it.each(known.nearest)(
    '$neighbours of them, $weights, of a $task target, predict as scikit-learn, here and in ONNX Runtime',
    async ({ neighbours, weights, task, predictions }) => {
      const options = optionsOf(task);
      const fitted = await fitNearest(designOf(known.x.slice(0, train)), { neighbours, weights }, options);
      const held = designOf(known.x.slice(train));
      expectClose(fitted.predict(held), predictions, 5);
      expectClose(await inRuntime(fitted, held, options.outputs), predictions, 5);
    },
  );

  it('asks all rows where there are fewer than neighbours, and says so', async () => {
    const rows = designOf(known.x.slice(0, 20));
    const options = { ...optionsOf('regression'), targets: Float64Array.from(known.regression.slice(0, 20)) };
    const fitted = await fitNearest(rows, { neighbours: 50, weights: 'uniform' }, options);
    const mean = options.targets.reduce((a, b) => a + b) / 20;
    expectClose(fitted.predict(designOf(known.x.slice(train, train + 1))), [mean], 5);
    expect(fitted.notes?.join(' ')).toContain('50 neighbours were asked for, and there are 20 rows');
    const enough = await fitNearest(rows, { neighbours: 20, weights: 'uniform' }, options);
    expect(enough.notes?.join(' ')).not.toContain('asked for');
  });

  it.each([0, -1, 2.5, Number.NaN])('refuses %d neighbours', async (neighbours) => {
    const fit = fitNearest(
      designOf(known.x.slice(0, train)),
      { neighbours, weights: 'uniform' },
      optionsOf('binary'),
    );
    await expect(fit).rejects.toMatchObject({ code: 'TRS_TRAIN_SETTINGS' });
  });

  it('refuses weights that it does not know, where types do not', () => {
    const drawn = () => nearest.search?.settings({ neighbours: 5, weights: 'cosine' });
    expect(drawn).toThrow(expect.objectContaining({ code: 'TRS_TRAIN_SETTINGS' }));
  });

  it('keeps a part of many rows, and says so', async () => {
    const rows = 12_000;
    const design: Design = {
      rows,
      width: 1,
      matrix: Float32Array.from({ length: rows }, (_, row) => row / rows),
    };
    const targets = Float64Array.from({ length: rows }, (_, row) => Number(row > 6_000));
    const fitted = await fitNearest(
      design,
      { neighbours: 3, weights: 'uniform' },
      { ...optionsOf('binary'), targets },
    );
    expect([...fitted.predict({ rows: 2, width: 1, matrix: Float32Array.of(0.2, 0.8) })]).toEqual([0, 1]);
    expect(fitted.notes?.join(' ')).toMatch(/holds 10000 rows.*Of 12000 rows 10000 are kept/);
  });
});

describe('naive Bayes', () => {
  it.each([
    ['numbers', 'binary', 'alike'],
    ['numbers', 'multiclass', 'weighted'],
    ['categories', 'binary', 'weighted'],
    ['categories', 'multiclass', 'alike'],
  ] as const)(
    'of %s, a %s target, rows %s, predicts as scikit-learn, here and in ONNX Runtime',
    async (kind, task, how) => {
      const [rows, wanted] = kind === 'numbers' ? [known.x, known.gaussian] : [known.c, known.categorical];
      const categories = kind === 'numbers' ? undefined : [4, 3];
      const options = optionsOf(task, how === 'weighted' ? known.weights : undefined);
      const fitted = await fitNaiveBayes(
        designOf(rows.slice(0, train), categories),
        { smoothing: 1 },
        options,
      );
      const held = designOf(rows.slice(train), categories);
      expectClose(fitted.predict(held), wanted[task]?.[how] ?? [], 5);
      expectClose(await inRuntime(fitted, held, options.outputs), wanted[task]?.[how] ?? [], 5);
    },
  );

  it.each(['binary', 'multiclass'] as const)(
    'of numbers among categories, a %s target, little smoothing, predicts as scikit-learn, here and in ONNX Runtime',
    async (task) => {
      const places = [4, 0, 0, 3, 0];
      const rows = known.x.map(([a = 0, b = 0, d = 0], at) => {
        const [first = 0, second = 0] = known.c[at] ?? [];
        return [first, a, b, second, d];
      });
      const options = optionsOf(task, known.weights);
      const fitted = await fitNaiveBayes(
        designOf(rows.slice(0, train), places),
        { smoothing: 0.25 },
        options,
      );
      const held = designOf(rows.slice(train), places);
      expectClose(fitted.predict(held), known.mixed[task] ?? [], 5);
      expectClose(await inRuntime(fitted, held, options.outputs), known.mixed[task] ?? [], 5);
    },
  );

  it('takes columns that are all constant for no proof', async () => {
    const of = (value: number) => designOf(Array.from({ length: train }, () => [value]));
    const fitted = await fitNaiveBayes(of(5), { smoothing: 1 }, optionsOf('binary'));
    const share = known.binary.slice(0, train).reduce((a, b) => a + b) / train;
    const asked = designOf([[5], [6], [-300]]);
    expectClose(fitted.predict(asked), [share, share, share], 5);
    expectClose(await inRuntime(fitted, asked, 1), [share, share, share], 5);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a smoothing of %d', async (smoothing) => {
    const fit = fitNaiveBayes(designOf(known.x.slice(0, train)), { smoothing }, optionsOf('binary'));
    await expect(fit).rejects.toMatchObject({ code: 'TRS_TRAIN_SETTINGS' });
  });

  it('leaves out what is missing, and a category that has no place', async () => {
    const rows = known.x.slice(0, train).map((row, at) => [...row, known.c[at]?.[0] ?? 0]);
    const fitted = await fitNaiveBayes(designOf(rows, [0, 0, 0, 4]), { smoothing: 1 }, optionsOf('binary'));
    const nothing = designOf(
      [
        [Number.NaN, Number.NaN, Number.NaN, Number.NaN],
        [Number.NaN, Number.NaN, Number.NaN, 9],
      ],
      [0, 0, 0, 4],
    );
    const share = known.binary.slice(0, train).reduce((a, b) => a + b) / train;
    expectClose(fitted.predict(nothing), [share, share], 5);
    expectClose(await inRuntime(fitted, nothing, 1), [share, share], 5);
  });

  it('keeps its digits far from 0', async () => {
    const far = (rows: readonly number[][]) =>
      designOf(rows.map((row) => row.map((value) => Math.fround(value * 64 + 1_000_000))));
    const near = (rows: readonly number[][]) =>
      designOf(rows.map((row) => row.map((value) => Math.fround(value * 64 + 1_000_000) - 1_000_000)));
    const predictions = await Promise.all(
      [far, near].map(async (of) => {
        const fitted = await fitNaiveBayes(
          of(known.x.slice(0, train)),
          { smoothing: 1 },
          optionsOf('binary'),
        );
        return fitted.predict(of(known.x.slice(train)));
      }),
    );
    expectClose(predictions[0] ?? [], [...(predictions[1] ?? [])], 5);
  });
});

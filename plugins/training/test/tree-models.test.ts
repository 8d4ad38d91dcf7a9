import { readFileSync } from 'node:fs';
import type { Task } from '@trestle/contracts';
import { openSession, readModel } from '@trestle/onnx';
import { predict } from '@trestle/trees';
import * as ort from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { modelOf, readForest, type WrittenForest } from './tree-models.ts';

ort.env.wasm.numThreads = 1;

interface Fixture {
  readonly rows: readonly (readonly (number | null)[])[];
  readonly models: Readonly<
    Record<
      Task,
      {
        readonly forest: WrittenForest;
        /** The bytes of what it became, in base64. */
        readonly model: string;
        /** What the reference answered to it, row by row. */
        readonly answers: readonly number[];
      }
    >
  >;
}

/** `fixtures/tree-models.py` makes it, in Python. */
const fixture: Fixture = JSON.parse(
  readFileSync(new URL('fixtures/tree-models.json', import.meta.url), 'utf8'),
);
const matrix = Float32Array.from(fixture.rows.flat(), (value) => value ?? Number.NaN);
const dims = [fixture.rows.length, 3];

describe('trees as ONNX', () => {
  for (const task of ['regression', 'binary', 'multiclass'] as const) {
    const { forest: writtenForest, model, answers } = fixture.models[task];
    const forest = readForest(writtenForest);
    const bytes = modelOf(forest, task);

    it(`of a ${task} become what the reference in Python was given`, () => {
      expect(Buffer.from(bytes).toString('base64')).toBe(model);
    });

    it(`answer a ${task} as it did, as onnxruntime does, and as the trees themselves`, async () => {
      const session = await openSession(readModel(bytes));
      const [ours] = Object.values(await session.run({ design: { type: 'float32', dims, data: matrix } }));
      const theirs = await ort.InferenceSession.create(bytes);
      const [name = ''] = theirs.outputNames;
      const { [name]: found } = await theirs.run({ design: new ort.Tensor('float32', matrix, dims) });
      const own = predict(forest, { rows: fixture.rows.length, width: 3, matrix });
      expect(own).toHaveLength(answers.length);
      for (const [at, answer] of answers.entries()) {
        expect(own[at], `trees ${at}`).toBeCloseTo(answer, 6);
        expect(Number(ours?.data?.[at]), `ours ${at}`).toBeCloseTo(answer, 6);
        expect(Number(found?.data[at]), `onnxruntime ${at}`).toBeCloseTo(answer, 6);
      }
    });
  }
});

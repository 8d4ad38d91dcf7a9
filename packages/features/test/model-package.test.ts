import { buildModel, type DenseLayer, denseLayers, type ModelMetadata, openModel } from '@trestle/model';
import { readModel, writeModel } from '@trestle/onnx';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { category, designColumns, designPart, encodeDesign, numbers } from '../src/index.ts';

const features = [
  numbers.bind({
    kind: 'numbers',
    name: 'numbers',
    numbers: [
      { column: 'speed', impute: 120, mean: 110, scale: 1 / 30, isFlagged: true, thresholds: [100, 150] },
      { column: 'isNight', impute: 0, mean: 0.25, scale: 2, isFlagged: true, thresholds: [] },
    ],
  }),
  category.bind({
    kind: 'category',
    name: 'size',
    column: 'size',
    categories: ['', 'small', 'large'],
    isImputed: false,
  }),
  category.bind({ kind: 'category', name: 'colour', column: 'colour', categories: [], isImputed: false }),
];
/** A package of these features and some layers. */
const build = (layers: readonly DenseLayer[], metadata: ModelMetadata): Uint8Array =>
  buildModel({
    ...designPart(features),
    head: denseLayers(layers, metadata.schema.task),
    outputs: 1,
    metadata,
  });

const metadata: ModelMetadata = {
  schema: {
    task: 'binary',
    target: 'damage',
    classes: ['no', 'yes'],
    threshold: 0.5,
    features: [
      { name: 'speed', type: 'number', nullable: true },
      { name: 'isNight', type: 'boolean', nullable: false },
      { name: 'size', type: 'category', nullable: true },
      { name: 'colour', type: 'category', nullable: true },
    ],
  },
  golden: { rows: [], predictions: [], tolerance: 1e-4 },
  metrics: { rocAuc: 0.8 },
  card: '# A model',
  lineage: { run: 'r-1' },
  reference: { features: [] },
  estimator: 'linear',
  licence: 'Apache-2.0',
  createdAt: '2026-01-01T00:00:00.000Z',
};

const width = designColumns(features).length;
/** One layer that passes a single column of the design matrix through. */
const selecting = (column: number) => [
  {
    weights: Float32Array.from({ length: width }, (_, i) => Number(i === column)),
    bias: new Float32Array(1),
    activation: 'none' as const,
  },
];
const weights = Float32Array.from({ length: width }, (_, i) => Math.cos(i));
const layers = [{ weights, bias: Float32Array.of(0.1), activation: 'none' as const }];
const row = { speed: 140, isNight: true, size: 'large', colour: null };

describe('a model package', () => {
  it('computes in the graph what training computed, whatever comes', async () => {
    const value = fc.record({
      speed: fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(null)),
      isNight: fc.boolean(),
      size: fc.constantFrom(null, 'small', 'large', 'unseen', '__proto__'),
      colour: fc.constantFrom(null, 'red'),
    });
    const models = await Promise.all(
      Array.from({ length: width }, (_, column) =>
        openModel(
          build(selecting(column), {
            ...metadata,
            schema: { ...metadata.schema, task: 'regression', classes: [] },
          }),
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 5 }), async (rows) => {
        const { matrix } = encodeDesign(
          features,
          {
            speed: rows.map((r) => r.speed ?? Number.NaN),
            isNight: rows.map((r) => Number(r.isNight)),
            size: rows.map((r) => r.size ?? ''),
            colour: rows.map((r) => r.colour ?? ''),
          },
          rows.length,
        );
        for (const [column, model] of models.entries()) {
          const predictions = await model.predict(rows);
          for (const [index, prediction] of predictions.entries()) {
            expect(prediction.value, designColumns(features)[column]).toBeCloseTo(
              matrix[index * width + column] ?? Number.NaN,
              3,
            );
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('predicts labels and probabilities, and keeps its metadata', async () => {
    const model = await openModel(build(layers, metadata));
    expect(model.metadata).toEqual(metadata);
    const [prediction] = await model.predict([row]);
    expect(prediction).toMatchObject({
      label: expect.stringMatching(/yes|no/),
      probabilities: { yes: expect.any(Number), no: expect.any(Number) },
    });
  });

  it.each([
    ['an unknown field', { ...row, spede: 1 }, 'spede'],
    ['a text for a number', { ...row, speed: 'fast' }, 'speed'],
    ['a number that is not finite', { ...row, speed: 1e39 }, 'speed'],
    ['a missing value that was never missing', { speed: 1, size: 'small' }, 'isNight'],
    ['a number for a text', { ...row, size: 3 }, 'size'],
  ])('names row, field and reason of %s', async (_, bad, field) => {
    const model = await openModel(build(layers, metadata));
    await expect(model.predict([row, bad])).rejects.toMatchObject({
      code: 'TRS_MODEL_ROW_INVALID',
      details: { row: 1, field },
    });
  });

  it('verifies its golden examples, and notices when the weights were changed', async () => {
    const plain = await openModel(build(layers, metadata));
    const golden = { rows: [row], predictions: [...(await plain.predict([row]))], tolerance: 1e-4 };
    const bytes = build(layers, { ...metadata, golden });
    expect(await (await openModel(bytes)).verify()).toMatchObject({ verified: true });
    const onnx = readModel(bytes);
    const initializers = onnx.graph.initializers.map((one) =>
      one.data instanceof Float32Array && one.data.length === width
        ? { ...one, data: one.data.map((x) => -x) }
        : one,
    );
    const changed = await openModel(writeModel({ ...onnx, graph: { ...onnx.graph, initializers } }));
    expect(await changed.verify()).toMatchObject({ verified: false });
  });

  it('gives equal bytes for equal models, and refuses metadata that was broken', async () => {
    const bytes = build(layers, metadata);
    expect(build(layers, metadata)).toEqual(bytes);
    const onnx = readModel(bytes);
    const broken = writeModel({
      ...onnx,
      metadata: { ...onnx.metadata, 'trestle.schema': '{"task":"magic"}' },
    });
    await expect(openModel(broken)).rejects.toMatchObject({ code: 'TRS_MODEL_METADATA' });
  });
});

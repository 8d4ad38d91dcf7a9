import { designPart, numbers } from '@trestle/features';
import { buildModel, denseLayers, type ModelMetadata, openModel } from '@trestle/model';
import { describe, expect, it } from 'vitest';
import { importancesOf } from './feature-importance.ts';

const hundredths = Array.from({ length: 101 }, (_, k) => k / 100);
const uniform = (name: string) => ({
  kind: 'numeric' as const,
  name,
  edges: hundredths,
  counts: [0, ...new Array<number>(100).fill(10), 0],
  nulls: 0,
});
const NAMES = ['much', 'little', 'none'];
const metadata: ModelMetadata = {
  schema: {
    task: 'regression',
    target: 'y',
    classes: [],
    threshold: 0.5,
    features: NAMES.map((name) => ({ name, type: 'number', nullable: false })),
  },
  golden: { rows: [], predictions: [], tolerance: 1e-4 },
  metrics: {},
  card: '',
  lineage: {},
  reference: { features: NAMES.map(uniform) },
  estimator: 'linear',
  licence: 'Apache-2.0',
  createdAt: '2026-01-01T00:00:00.000Z',
};
const number = (column: string) => ({
  column,
  impute: 0,
  mean: 0,
  scale: 1,
  isFlagged: false,
  thresholds: [],
});

/** y = 3 much + little. */
const bytes = buildModel({
  ...designPart([numbers.bind({ kind: 'numbers', name: 'numbers', numbers: NAMES.map(number) })]),
  head: denseLayers(
    [{ weights: Float32Array.of(3, 1, 0), bias: new Float32Array(1), activation: 'none' }],
    'regression',
  ),
  outputs: 1,
  metadata,
});

describe('how much a model uses its features', () => {
  it('is by how far its answers move: of a sum as its weights are', async () => {
    const shares = await importancesOf(await openModel(bytes));
    expect(shares.map(({ name }) => name)).toEqual(['much', 'little', 'none']);
    // E|3(a - b)| : E|a - b| of values that are drawn alike is 3 : 1, whatever their distribution.
    expect(shares[0]?.importance).toBeCloseTo(0.75, 1);
    expect(shares[2]?.importance).toBe(0);
    expect(shares.reduce((sum, { importance = 0 }) => sum + importance, 0)).toBeCloseTo(1, 12);
    expect(await importancesOf(await openModel(bytes))).toEqual(shares);
  });

  it('is not known of a model that brings nothing to draw from', async () => {
    const model = await openModel(bytes);
    expect(await importancesOf({ ...model, metadata: undefined })).toEqual([]);
    const bare = { ...metadata, reference: { features: [] } };
    expect(await importancesOf({ ...model, metadata: bare })).toEqual([]);
  });
});

import type { ModelVersion } from '@trestle/contracts';
import { modelsToken } from '@trestle/contracts';
import { designPart, numbers } from '@trestle/features';
import { plugin, provide } from '@trestle/kernel';
import { buildModel, denseLayers, type ModelMetadata } from '@trestle/model';
import { temporaryProject } from '@trestle/testing';
import { expect, it } from 'vitest';
import { modelFactsReader } from './read-model-facts.ts';

const numeric = (name: string) => ({ kind: 'numeric' as const, name, edges: [1], counts: [3, 4], nulls: 0 });
const metadata: ModelMetadata = {
  schema: {
    task: 'binary',
    target: 'damage',
    classes: ['no', 'yes'],
    threshold: 0.5,
    features: [
      { name: 'speed', type: 'number', nullable: true },
      { name: 'when', type: 'timestamp', nullable: true },
    ],
  },
  golden: { rows: [], predictions: [], tolerance: 1e-4 },
  metrics: {},
  card: '',
  lineage: {},
  reference: { features: [numeric('speed'), numeric('when')], score: numeric('score') },
  estimator: 'linear',
  licence: 'Apache-2.0',
  createdAt: '2026-01-01T00:00:00.000Z',
};
const number = (column: string) => ({
  column,
  impute: 0,
  mean: 0,
  scale: 1,
  isFlagged: true,
  thresholds: [],
});

it('reads task, classes and reference of a model package, once, and leaves points in time out', async () => {
  const bytes = buildModel({
    ...designPart([
      numbers.bind({ kind: 'numbers', name: 'numbers', numbers: [number('speed'), number('when')] }),
    ]),
    head: denseLayers(
      [{ weights: new Float32Array(4), bias: new Float32Array(1), activation: 'none' }],
      'binary',
    ),
    outputs: 1,
    metadata,
  });
  const version: ModelVersion = {
    name: 'm',
    version: 1,
    digest: 'd',
    aliases: [],
    metrics: {},
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  let reads = 0;
  const registry = plugin({
    name: 'registry',
    version: '1.0.0',
    services: [
      provide(modelsToken, () => ({
        resolve: async () => version,
        bytes: async () => {
          reads += 1;
          return bytes;
        },
        refusal: async () => undefined,
        register: async () => version,
        promote: async () => ({ previous: null }),
      })),
    ],
  });
  const project = await temporaryProject();
  try {
    const reader = modelFactsReader(await project.open([registry]));
    const [facts, again] = [await reader.of(version), await reader.of(version)];
    expect(facts).toEqual({
      task: 'binary',
      classes: ['no', 'yes'],
      reference: { features: [numeric('speed')], score: numeric('score') },
    });
    expect(again).toBe(facts);
    expect(reads).toBe(1);
  } finally {
    await project.remove();
  }
});

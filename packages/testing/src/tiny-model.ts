import { designPart, numbers } from '@trestle/features';
import { buildModel, denseLayers } from '@trestle/model';

/**
 * A small valid model package: the probability of "yes" is sigmoid(`slope` · x) for the one feature `x`.
 * `isHonest: false` gives it golden examples that it does not answer, `isImputed` an `x` that may be missing and never was in training.
 */
export function tinyModel(
  slope: number,
  { isHonest = true, isImputed = false }: { readonly isHonest?: boolean; readonly isImputed?: boolean } = {},
): Uint8Array {
  const x = 0.5;
  const probability = 1 / (1 + Math.exp(-slope * x * (isHonest ? 1 : -1)));
  return buildModel({
    ...designPart([
      numbers.bind({
        kind: 'numbers',
        name: 'numbers',
        numbers: [{ column: 'x', impute: 0, mean: 0, scale: 1, isFlagged: true, thresholds: [] }],
      }),
    ]),
    // The second column says whether x was missing.
    head: denseLayers(
      [{ weights: Float32Array.of(slope, 0), bias: Float32Array.of(0), activation: 'none' }],
      'binary',
    ),
    outputs: 1,
    metadata: {
      schema: {
        task: 'binary',
        target: 'y',
        classes: ['no', 'yes'],
        threshold: 0.5,
        features: [
          {
            name: 'x',
            type: 'number',
            nullable: isImputed,
            ...(isImputed ? { imputed: true as const } : {}),
          },
        ],
      },
      golden: { rows: [{ x }], predictions: [{ probability }], tolerance: 1e-3 },
      metrics: { rocAuc: 0.5 + slope / 100 },
      card: '# A tiny model',
      lineage: {},
      reference: { features: [] },
      estimator: 'linear',
      licence: 'Apache-2.0',
      createdAt: '2026-01-01T00:00:00.000Z',
    },
  });
}

import { describe, expect, it } from 'vitest';
import { driftReference } from './reference.ts';

const image = {
  type: 'image',
  values: new Float32Array(3),
  perRow: 1,
  texts: ['', '', ''],
  statistics: [0.1, 0.2, 0.9].map((brightness) => ({ brightness, width: 28 })),
} as const;
const photo = { name: 'photo', type: 'image', nullable: false } as const;

describe('the drift reference', () => {
  it('has what images look like, by name', () => {
    const { features } = driftReference(
      [photo],
      { rows: 3, columns: { photo: image } },
      Float64Array.of(1),
      1,
    );
    expect(features.map(({ name }) => name)).toEqual(['photo.brightness', 'photo.width']);
    expect(features[1]).toMatchObject({ kind: 'numeric', edges: [28 - 28e-6, 28], counts: [0, 3, 0] });
  });

  it('of several classes has the score of the predicted one, a row a score', () => {
    const scores = Float64Array.of(0.2, 0.5, 0.3, 0.9, 0.05, 0.05);
    const { score } = driftReference([], { rows: 0, columns: {} }, scores, 3);
    expect(score?.counts.reduce((sum, count) => sum + count, 0)).toBe(2);
    // The first edge lies below them all.
    expect(score?.edges[1]).toBeGreaterThanOrEqual(0.5);
  });
});

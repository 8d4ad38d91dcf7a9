import type { FeatureRecipe } from '@trestle/contracts';
import { describe, expect, it } from 'vitest';
import { builtInKinds, type LearnFrom, readRecipe } from '../src/index.ts';

const learnFeatures = (recipe: FeatureRecipe, from: LearnFrom) =>
  readRecipe(recipe, builtInKinds)
    .flatMap((feature) => feature.learn(from))
    .map(({ step }) => step);

const table = {
  rows: 8,
  columns: {
    speed: { type: 'number' as const, values: Float64Array.of(1, 2, 3, 4, 5, 6, 7, Number.NaN) },
    size: { type: 'string' as const, values: ['s', 's', 's', 'l', 'l', 's', 'x', ''] },
    note: {
      type: 'string' as const,
      values: ['a gull', 'A gull hit', 'hit', 'a crow', 'gull', '', 'rare', 'crow  hit'],
    },
  },
};
const targets = Float64Array.of(1, 0, 1, 1, 1, 0, 0, 0);
const learn = (recipe: FeatureRecipe, classes: readonly string[] = ['no', 'yes']) =>
  learnFeatures(recipe, { table, targets, classes });

describe('learnt features', () => {
  it('scale by quartiles, which an outlier does not move', () => {
    expect(learn({ speed: { kind: 'scale', by: 'quartiles' } })).toEqual([
      { kind: 'scale', name: 'speed', column: 'speed', impute: 4, offset: 4, scale: 1 / 3 },
    ]);
    expect(learn({ speed: { kind: 'scale' } })).toMatchObject([{ offset: 4, scale: 1 / 2 }]);
  });

  it.each([
    ['median', 4],
    ['mean', 4],
    [-1, -1],
  ] as const)('impute by %s what is missing', (impute, value) => {
    expect(learn({ speed: { kind: 'impute', impute, flag: true } })).toEqual([
      { kind: 'impute', name: 'speed', column: 'speed', impute: value, flag: true },
    ]);
    expect(learn({ speed: { kind: 'scale', impute } })).toMatchObject([{ impute: value, offset: 4 }]);
  });

  it('impute by the most frequent number, of several by the smallest', () => {
    const values = Float64Array.of(9, 3, 7, 3, 9, Number.NaN, 1, 2);
    const one = { rows: 8, columns: { speed: { type: 'number' as const, values } } };
    const recipe = { speed: { kind: 'impute', impute: 'mostFrequent' } };
    expect(learnFeatures(recipe, { table: one, targets, classes: [] })).toMatchObject([
      { impute: 3, flag: false },
    ]);
  });

  it('number words by how frequent they are, and count runs of them plainly when asked', () => {
    expect(learn({ note: { kind: 'tokens', length: 4, minRows: 2 } })).toMatchObject([
      {
        kind: 'tokens',
        length: 4,
        // In three rows each, then in two; "a" and "A" are one word.
        words: [
          ['a', 2],
          ['A', 2],
          ['gull', 3],
          ['hit', 4],
          ['crow', 5],
        ],
      },
    ]);
    const [text] = learn({ note: { kind: 'text', longest: 2, minRows: 2, weigh: 'count' } });
    expect(text).toMatchObject({ weights: [1, 1, 1, 1, 1] });
  });

  describe('of an image', () => {
    // Two images of 1 x 2 pixels and three channels, channel by channel.
    const values = Float32Array.of(0, 10, 100, 100, 7, 9, 20, 30, 100, 100, 3, 5);
    const images = {
      rows: 2,
      columns: { photo: { type: 'image' as const, values, perRow: 6, statistics: [], texts: ['a', 'b'] } },
    };
    const learnt = (spec: object) =>
      learnFeatures(
        { photo: { kind: 'image', size: [1, 2], ...spec } },
        {
          table: images,
          targets,
          classes: [],
        },
      )[0];

    it('are normalised by the mean and deviation of each channel; one that is always the same is only centred', () => {
      expect(learnt({})).toMatchObject({
        height: 1,
        width: 2,
        channels: 3,
        mean: [15, 100, 6],
        deviation: [Math.sqrt(125), 1, Math.sqrt(5)],
      });
    });

    it('are normalised by what is given for pixels from 0 to 1, or not', () => {
      const given = { mean: [0.5, 0, 0.2], deviation: [1, 2, 0.5] };
      expect(learnt({ normalise: given })).toMatchObject({
        mean: [127.5, 0, 51],
        deviation: [255, 510, 127.5],
      });
      expect(learnt({ normalise: 'none' })).toMatchObject({ mean: [0, 0, 0], deviation: [255, 255, 255] });
    });

    it.each([
      ['more numbers than a network takes', { size: [300, 300] }],
      ['a mean that is missing for a channel', { normalise: { mean: [0.5], deviation: [1, 1, 1] } }],
    ])('are not declared with %s', (_, spec) => {
      expect(() => learnt(spec)).toThrow();
    });
  });

  it('draw the mean of a category towards the overall mean; an unseen one has that', () => {
    const [step] = learn({ size: { kind: 'target', smoothing: 2 } });
    // s: 2 of 4, l: 2 of 2, x and missing: 0 of 1; overall 1/2.
    expect(step).toMatchObject({
      keys: ['s', 'l', 'x', ''],
      values: [(2 + 1) / 6, (2 + 1) / 4, 1 / 3, 1 / 3],
      otherwise: 0.5,
    });
    expect(learn({ size: { kind: 'target' } }, ['a', 'b', 'c']).map(({ name }) => name)).toEqual([
      'size of a',
      'size of b',
      'size of c',
    ]);
  });

  it('keep what is frequent: categories, pairs, words in any case', () => {
    expect(learn({ size: { kind: 'oneHot', minRows: 2 } })).toMatchObject([{ categories: ['s', 'l'] }]);
    const [cross] = learn({ c: { kind: 'cross', columns: ['size', 'size'], minRows: 2 } });
    expect(cross).toMatchObject({
      categories: [
        ['s', 'l'],
        ['s', 'l'],
      ],
      pairs: [
        [0, 0],
        [1, 1],
      ],
    });
    const [text] = learn({ note: { kind: 'text', longest: 2, minRows: 2 } });
    expect(text).toMatchObject({
      terms: expect.arrayContaining([
        { words: ['a'], column: 0 },
        { words: ['A'], column: 0 },
        { words: ['a', 'gull'], column: 3 },
      ]),
    });
    // n = 8 rows, "a" in three of them.
    expect(text).toHaveProperty('weights.0', expect.closeTo(Math.log(9 / 4) + 1, 12));
  });

  it('place categories in an order, and times in periods', () => {
    expect(learn({ size: { kind: 'ordinal', order: ['s', 'l'] } })).toMatchObject([
      { values: [0, 1], otherwise: -1 },
    ]);
    expect(learn({ speed: { kind: 'date', parts: ['day', 'week'] } })).toMatchObject([
      { name: 'speed in the day', period: 86_400_000 },
      { name: 'speed in the week', period: 7 * 86_400_000 },
    ]);
  });
});

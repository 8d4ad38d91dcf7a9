import { describe, expect, it } from 'vitest';
import { associationOf } from './association.ts';

describe('how closely a measurement follows a parameter', () => {
  it('is Spearman’s correlation of numbers, ties included', () => {
    // scipy 1.10.1: spearmanr([1, 2, 2, 3, 5, 4], [0.1, 0.4, 0.3, 0.9, 0.8, 0.8]).statistic
    const found = associationOf([1, 2, 2, 3, 5, 4], [0.1, 0.4, 0.3, 0.9, 0.8, 0.8]);
    expect(found?.strength).toBeCloseTo(0.7941176470588236, 12);
    expect(found?.rises).toBe(true);
    expect(associationOf([1, 2, 3, 4], [4, 3, 2, 1])).toEqual({ strength: 1, rises: false, runs: 4 });
  });

  it('is the correlation ratio over the ranks of words', () => {
    expect(associationOf(['a', 'a', 'b', 'b'], [1, 1, 2, 2])?.strength).toBeCloseTo(1, 12);
    expect(associationOf(['a', 'b', 'a', 'b'], [1, 1, 2, 2])?.strength).toBeCloseTo(0, 12);
  });

  it('is not known of what never changes, of names that are all different, and of too few runs', () => {
    expect(associationOf([1, 1, 1, 1], [1, 2, 3, 4])).toBeUndefined();
    expect(associationOf([1, 2, 3, 4], [1, 1, 1, 1])).toBeUndefined();
    expect(associationOf(['a', 'b', 'c', 'd'], [1, 2, 3, 4])).toBeUndefined();
    expect(associationOf([1, 2, 3], [1, 2, 3])).toBeUndefined();
    expect(associationOf([1, 2, 3, 4, 5], [1, null, 3, undefined, 5])).toBeUndefined();
  });
});

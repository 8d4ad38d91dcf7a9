import { describe, expect, it } from 'vitest';
import { crossParts, holdPart } from './parts.ts';

const rows = (count: number) => Int32Array.from({ length: count }, (_, row) => row);
/** So many parts of ten rows each, one behind the other. */
const partsOf = (count: number) =>
  Array.from({ length: count * 10 }, (_, row) => `site ${Math.floor(row / 10)}`);

describe('cross-validation by parts', () => {
  it.each([2, 20, 21, 40, 100])('holds each row of %i parts once', (count) => {
    const { folds, test } = crossParts('"site"', partsOf(count), rows(count * 10));
    expect(folds).toHaveLength(count);
    const held = (folds ?? []).flatMap((fold) => [...fold.test]);
    expect(held.sort((a, b) => a - b)).toEqual([...test]);
  });

  it('is refused where parts are so many that each would be a fit', () => {
    expect(() => crossParts('"site"', partsOf(101), rows(1010))).toThrow(/101 parts/);
  });
});

describe('a part that is held out', () => {
  it('is found among many, and where it is not, some are named and the others counted', () => {
    expect(holdPart('column', '"site"', partsOf(40), 'site 9', rows(400)).test).toHaveLength(10);
    expect(() => holdPart('column', '"site"', partsOf(40), 'test', rows(400))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('and 20 more') }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepMost, mergeValues, type Values } from './frequent-values.ts';

const KEEP = 25;
const texts = fc.array(
  fc.nat(120).map((n) => String(Math.floor(n ** 2 / 120))),
  { maxLength: 400 },
);

const counted = (list: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const text of list) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
};
const valuesOf = (list: readonly string[]): Values => {
  const all = [...counted(list)].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return keepMost({ values: all.map(([value, count]) => [value, count, 0]), untold: 0 }, KEEP);
};

describe('frequent values', () => {
  it('occur at least as often as is told, and at most so many times more, however they are merged', () => {
    fc.assert(
      fc.property(texts, texts, texts, (a, b, c) => {
        const exact = counted([...a, ...b, ...c]);
        const [x, y, z] = [valuesOf(a), valuesOf(b), valuesOf(c)];
        const merged = [
          mergeValues('string', [x, y, z], KEEP),
          mergeValues('string', [z, y, x], KEEP),
          mergeValues('string', [mergeValues('string', [x, y], KEEP), z], KEEP),
        ];
        for (const { values, untold } of merged) {
          const told = new Map(values.map(([value, count]) => [value, count]));
          for (const [value, count] of exact) {
            expect(told.get(value) ?? 0).toBeLessThanOrEqual(count);
            expect((told.get(value) ?? 0) + untold).toBeGreaterThanOrEqual(count);
          }
        }
        expect(merged[1]).toEqual(merged[0]);
      }),
    );
  });

  it('are all of them, exactly, as long as there are few', () => {
    const few = fc.array(fc.nat(KEEP - 1).map(String), { maxLength: 200 });
    fc.assert(
      fc.property(few, few, (a, b) => {
        const { values, untold } = mergeValues('string', [valuesOf(a), valuesOf(b)], KEEP);
        expect(untold).toBe(0);
        expect(new Map(values.map(([value, count]) => [value, count]))).toEqual(counted([...a, ...b]));
      }),
    );
  });
});

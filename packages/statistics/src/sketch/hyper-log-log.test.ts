import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateDistinct, mergeRegisters, registersOf } from './hyper-log-log.ts';

const BITS = 12;

/** The place of a value: of its 64-bit hash the lower bits name the register, the rest its rank. */
function placeOfValue(value: number): number {
  const hash = createHash('sha1').update(String(value)).digest().readBigUInt64LE();
  const rest = hash >> BigInt(BITS);
  return Number(hash & BigInt(2 ** BITS - 1)) * 64 + (64 - BITS + 1 - rest.toString(2).length);
}
const placesOf = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => placeOfValue(from + index));
const registersFor = (from: number, to: number) => registersOf(placesOf(from, to), BITS);

describe('registers', () => {
  it.each([0, 1, 10, 500, 4_000, 20_000, 200_000])(
    'tell of %d different values within five standard errors',
    (count) => {
      const estimate = estimateDistinct(registersFor(0, count));
      expect(Math.abs(estimate - count)).toBeLessThanOrEqual((5 * 1.04 * count) / 2 ** (BITS / 2) + 0.5);
    },
  );

  it('are those of all values when they are merged, in any order and grouping', () => {
    const some = fc.array(fc.nat(2 ** (BITS + 6) - 1), { maxLength: 200 });
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        const [x, y, z] = [a, b, c].map((places) => registersOf(places, BITS)) as [
          Uint8Array,
          Uint8Array,
          Uint8Array,
        ];
        const whole = registersOf([...a, ...b, ...c], BITS);
        expect(mergeRegisters(mergeRegisters(x, y), z)).toEqual(whole);
        expect(mergeRegisters(z, mergeRegisters(y, x))).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });
});

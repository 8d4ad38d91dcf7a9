import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { standing } from './alias-history.ts';

const promoted = (version: number) => ({ kind: 'promoted' as const, version });
const rolledBack = (version: number) => ({ kind: 'rolled-back' as const, version });

describe('the standing of an alias', () => {
  it('ends with the version that was promoted last', () => {
    expect(standing([promoted(1), promoted(2), promoted(3)])).toEqual([1, 2, 3]);
  });

  it('goes back step by step, never forth again', () => {
    expect(standing([promoted(1), promoted(2), promoted(3), rolledBack(2), rolledBack(1)])).toEqual([1]);
  });

  it('is restored by a rollback, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1 }), fc.nat(9), (versions, next) => {
        const before = versions.map(promoted);
        const now = standing(before);
        expect(standing([...before, promoted(next), rolledBack(now.at(-1) ?? 0)])).toEqual(now);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { reclaimer } from './reclaimer.ts';

const MIB = 2 ** 20;

describe('a reclaimer', () => {
  it('gives back what nothing refers to, in the middle of a synchronous loop', () => {
    let inUse = 0;
    let most = 0;
    const claims = reclaimer<number>((bytes) => {
      inUse -= bytes;
    });
    const kept: object[] = [];
    for (let i = 0; i < 3_000; i++) {
      claims.makeRoom(MIB);
      const owner = { i };
      claims.claim(owner, MIB, MIB);
      if (i % 100 === 0) kept.push(owner);
      inUse += MIB;
      most = Math.max(most, inUse);
    }
    expect(most).toBeLessThanOrEqual(257 * MIB);
    claims.sweep();
    // The engine may still hold on to the last one.
    expect(inUse).toBeLessThanOrEqual((kept.length + 1) * MIB);
    expect(inUse).toBeGreaterThanOrEqual(kept.length * MIB);
  });

  it('looks after many small ones, too', () => {
    let inUse = 0;
    let most = 0;
    const claims = reclaimer<number>(() => inUse--);
    for (let i = 0; i < 50_000; i++) {
      claims.makeRoom(4);
      claims.claim({ i }, i, 4);
      most = Math.max(most, ++inUse);
    }
    expect(most).toBeLessThan(20_000);
  });

  it('does not give back what was dropped', () => {
    const given: number[] = [];
    const claims = reclaimer<number>((resource) => given.push(resource));
    // The last one is dropped: the engine may still hold on to it.
    for (let i = 0; i <= 10; i++) {
      const claim = claims.claim({ i }, i, 1);
      if (i % 2 === 0) claims.drop(claim);
    }
    claims.sweep();
    expect(given.sort()).toEqual([1, 3, 5, 7, 9]);
  });
});

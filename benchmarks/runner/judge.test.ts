import { describe, expect, it } from 'vitest';
import type { Row, Target } from './comparison.ts';
import { judge } from './result.ts';

const row = (better: Row['better'], target?: Target): Row => ({
  name: 'matmul',
  reading: 'x',
  unit: 'x',
  better,
  ...(target === undefined ? {} : { target }),
});

describe('judge', () => {
  it('divides ours by the peer that the target names', () => {
    const verdict = judge(row('lower', { over: 'node', atMost: 3 }), { ours: 100, peers: { node: 40 } });
    expect(verdict).toEqual({ ratio: 2.5, target: 3, says: 'at most 3 x node', met: true });
  });

  it('says that a target is missed', () => {
    const medians = { ours: 10, peers: {}, limit: 40 };
    expect(judge(row('higher', { over: 'limit', atLeast: 0.5 }), medians)).toMatchObject({
      ratio: 0.25,
      met: false,
    });
  });

  it('takes as the best peer the fastest that ran', () => {
    const medians = { ours: 30, peers: { slow: 10, fast: 20, absent: null } };
    expect(judge(row('higher', { over: 'best peer', atLeast: 1 }), medians).ratio).toBe(1.5);
    expect(judge(row('lower', { over: 'best peer', atMost: 1 }), medians).ratio).toBe(3);
  });

  it('compares a number itself where there is nothing to divide by', () => {
    const lost = row('lower', { over: 'itself', atMost: 0 });
    expect(judge(lost, { ours: 0, peers: {} })).toMatchObject({ ratio: 0, met: true });
    expect(judge(lost, { ours: 1, peers: {} })).toMatchObject({ ratio: 1, met: false });
  });

  it('neither meets nor misses a target whose other side could not run', () => {
    const verdict = judge(row('lower', { over: 'node', atMost: 3 }), { ours: 100, peers: { node: null } });
    expect(verdict).toMatchObject({ ratio: null, met: null });
  });

  it('refuses a target that names nobody', () => {
    expect(() => judge(row('lower', { over: 'nobody', atMost: 3 }), { ours: 1, peers: {} })).toThrow(
      '"nobody"',
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { Comparison, Side } from './comparison.ts';
import { measure } from './measure.ts';

const gives = (log: string[], name: string, values: readonly number[]): Side => {
  let round = 0;
  return () => ({
    measure: () => {
      log.push(name);
      return { ms: values[round++] ?? Number.NaN };
    },
    close: () => void log.push(`${name} closed`),
  });
};

const comparing = (ours: Side, peers: Comparison['peers']): Comparison => ({
  rows: [{ name: 'work', reading: 'ms', unit: 'ms', better: 'lower', target: { over: 'peer', atMost: 2 } }],
  ours,
  peers,
});

describe('measure', () => {
  it('lets the sides take turns, throws the first round away and takes medians', async () => {
    const log: string[] = [];
    const peer = gives(log, 'peer', [1000, 4, 5, 6]);
    const [row] = await measure(comparing(gives(log, 'ours', [1000, 9, 1, 10]), { peer }), 3);
    expect(row).toMatchObject({ ours: 9, peers: { peer: 5 }, ratio: 1.8, met: true });
    expect(row?.samples).toEqual({ ours: [9, 1, 10], peer: [4, 5, 6] });
    const rounds = ['ours', 'peer', 'peer', 'ours', 'ours', 'peer', 'peer', 'ours'];
    expect(log).toEqual([...rounds, 'ours closed', 'peer closed']);
  });

  it('gives null and a reason for a peer that is not there, fails to open or fails in a round', async () => {
    const ours = gives([], 'ours', [1, 1, 1]);
    const peers = {
      peer: () => ({ why: 'not installed' }),
      broken: () => Promise.reject(new Error('no adapter')),
      failing: () => ({ measure: () => Promise.reject(new Error('out of memory')) }),
    };
    const [row] = await measure(comparing(ours, peers), 2);
    expect(row).toMatchObject({
      ours: 1,
      peers: { peer: null, broken: null, failing: null },
      ratio: null,
      met: null,
      why: { peer: 'not installed', broken: 'no adapter', failing: 'out of memory' },
    });
  });

  it('closes what it opened when ours cannot run', async () => {
    const log: string[] = [];
    const [row] = await measure(
      comparing(() => ({ why: 'no device' }), { peer: gives(log, 'peer', [1, 2, 3]) }),
      2,
    );
    expect(row).toMatchObject({ ours: null, why: { ours: 'no device' } });
    expect(log.at(-1)).toBe('peer closed');
  });
});

import type { Comparison, Target } from '../runner/comparison.ts';
import { FMA_FLOPS } from './limits.ts';
import { ALL_PEERS, limitSide, type SideName, sidesFor } from './sides.ts';
import type { Limit, Workload } from './workload.ts';

export interface Named {
  readonly name: string;
  readonly workload: Workload;
  readonly peers?: readonly SideName[];
}

export const GIGA_PER_MS = 1e-6;
export const faster = (over: Target['over'], factor: number): Target => ({ over, atLeast: factor });

/** A row a target: the numbers are the same, what they are compared with is not. */
export const rowsFor = (
  name: string,
  reading: string,
  unit: string,
  targets: readonly Target[],
): Comparison['rows'] => {
  const row = { name, reading, unit, better: unit === 'ms' || unit === 'µs' ? 'lower' : 'higher' } as const;
  if (targets.length === 0) return [row];
  return targets.map((target) => ({ ...row, target }));
};

/** How the three sorts of work are compared. */
export interface Comparisons {
  compute(named: Named, flops: number, targets: readonly Target[]): Comparison;
  memory(named: Named, read: number, written: number, targets: readonly Target[]): Comparison;
  step(named: Named, targets: readonly Target[]): Comparison;
}

export function comparisonsOf(roundMs: number): Comparisons {
  const fma = limitSide('gflops', [{ limit: { kind: 'fma' }, amount: FMA_FLOPS * GIGA_PER_MS }], roundMs);

  /** Work that is bound by arithmetic. */
  const compute = (
    { name, workload, peers = ALL_PEERS }: Named,
    flops: number,
    targets: readonly Target[],
  ): Comparison => ({
    rows: rowsFor(name, 'gflops', 'GFLOP/s', targets),
    ...sidesFor(['ours', ...peers], {
      workload,
      roundMs,
      toReadings: ({ bestMs }) => ({ gflops: (flops * GIGA_PER_MS) / bestMs }),
    }),
    limit: fma,
  });

  /** Work that is bound by memory: so many bytes go through it, and the limit is a loop over as many. */
  const memory = (
    { name, workload, peers = ALL_PEERS }: Named,
    read: number,
    written: number,
    targets: readonly Target[],
  ): Comparison => {
    const amount = (read + written) * GIGA_PER_MS;
    const kinds = written === 0 ? (['read'] as const) : (['copy', 'move'] as const);
    const loops = kinds.map((kind): { limit: Limit; amount: number } => ({
      limit: { kind, bytes: read },
      amount,
    }));
    return {
      rows: rowsFor(name, 'gbs', 'GB/s', targets),
      ...sidesFor(['ours', ...peers], {
        workload,
        roundMs,
        toReadings: ({ bestMs }) => ({ gbs: amount / bestMs }),
      }),
      limit: limitSide('gbs', loops, roundMs),
    };
  };

  /** A whole step, in milliseconds; a target says how many times as fast ours must be. */
  const step = ({ name, workload, peers = ALL_PEERS }: Named, targets: readonly Target[]): Comparison => ({
    rows: rowsFor(name, 'perSecond', 'steps/s', targets),
    ...sidesFor(['ours', ...peers], {
      workload,
      roundMs,
      toReadings: ({ bestMs }) => ({ perSecond: 1000 / bestMs }),
    }),
  });
  return { compute, memory, step };
}

import { availableParallelism } from 'node:os';
import type { Comparison, Readings, Ready, Side, Unavailable } from '../runner/comparison.ts';
import { GIGA_PER_MS } from './comparisons.ts';
import { FMA_FLOPS } from './limits.ts';
import { type SideProgram, startSide } from './side-process.ts';
import { limitProgram, opened, programs, sideOf } from './sides.ts';
import type { Limit, Workload } from './workload.ts';

const cores = availableParallelism();
const FMA_ALL = { kind: 'fma', threads: cores } as const;

/** Two processes on the same work, one of them with all cores: how many times as fast that is. */
function scalingSide(
  program: (threads: number) => SideProgram,
  workOf: (threads: number) => Workload | Limit,
  readings: (oneMs: number, allMs: number) => Readings,
  roundMs: number,
): Side {
  const start = (threads: number): Promise<Ready | Unavailable> =>
    opened(
      startSide(program(threads)),
      workOf(threads),
      () => undefined,
      async (process) => ({ ms: (await process.measure(roundMs)).bestMs }),
    );
  return async () => {
    const one = await start(1);
    if ('why' in one) return one;
    const all = await start(cores);
    if ('why' in all) {
      await one.close?.();
      return all;
    }
    return {
      async measure() {
        const { ms: oneMs = Number.NaN } = await one.measure();
        const { ms: allMs = Number.NaN } = await all.measure();
        return readings(oneMs, allMs);
      },
      async close() {
        await one.close?.();
        await all.close?.();
      },
    };
  };
}

/** Work on all cores. How much faster that can be is what multiply-adds in as many threads gain in the same run. */
export function onAllCores(roundMs: number): readonly Comparison[] {
  const comparison = (name: string, workload: Workload, flops: number): Comparison => {
    const rate = (ms: number): number => (flops * GIGA_PER_MS) / ms;
    const peer = (name: 'ort-web' | 'ort-node' | 'pytorch'): Side =>
      sideOf(name, programs[name](cores), workload, async (process) => ({
        gflops: rate((await process.measure(roundMs)).bestMs),
      }));
    return {
      rows: [
        { name, reading: 'gflops', unit: 'GFLOP/s', better: 'higher' },
        {
          name: `${name}: gain over one`,
          reading: 'gain',
          unit: 'times',
          better: 'higher',
          target: { over: 'limit', atLeast: 0.85 },
        },
      ],
      ours: scalingSide(
        programs.ours,
        () => workload,
        (oneMs, allMs) => ({ gflops: rate(allMs), gain: oneMs / allMs }),
        roundMs,
      ),
      peers: { 'ort-web': peer('ort-web'), 'ort-node': peer('ort-node'), pytorch: peer('pytorch') },
      limit: scalingSide(
        limitProgram,
        (threads) => (threads === 1 ? { kind: 'fma' } : FMA_ALL),
        // The same loop in every thread: so many times the work.
        (oneMs, allMs) => ({
          gflops: (cores * FMA_FLOPS * GIGA_PER_MS) / allMs,
          gain: (cores * oneMs) / allMs,
        }),
        roundMs,
      ),
    };
  };
  return [512, 1024, 2048].map((n) =>
    comparison(`matmul ${n}, ${cores} threads`, { kind: 'matmul', m: n, k: n, n }, 2 * n ** 3),
  );
}

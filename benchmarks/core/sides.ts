import { join } from 'node:path';
import type { Readings, Ready, Side, Unavailable } from '../runner/comparison.ts';
import { whyNoPeers } from './peers.ts';
import { nodeSide, type SideProcess, type SideProgram, startSide, type Times } from './side-process.ts';
import { difference } from './values.ts';
import type { Limit, Workload } from './workload.ts';

const PEERS = join(import.meta.dirname, '..', 'peers');
const module = (name: string): string => join(PEERS, name);
const ours = join(import.meta.dirname, 'ours.ts');
const limits = join(import.meta.dirname, 'limits.ts');

/** Float32 sums in another order differ by less; a wrong result by more. */
const TOLERANCE = 1e-3;

/** What several threads or a GPU do is no one's time on a processor. */
const PASSING_TIME = { BENCH_CLOCK: '' };

const withThreads = (threads: number): Record<string, string> => ({
  BENCH_THREADS: String(threads),
  TRESTLE_THREADS: String(threads),
  // What PyTorch calls for products has its own opinion on threads.
  OMP_NUM_THREADS: String(threads),
  OPENBLAS_NUM_THREADS: String(threads),
  ...(threads > 1 ? PASSING_TIME : {}),
});
const onGpu = { BENCH_DEVICE: 'webgpu', ...PASSING_TIME };

/** The programs of all sides; what cannot run a workload says so when it is opened. */
export const programs = {
  ours: (threads = 1): SideProgram => nodeSide(ours, withThreads(threads)),
  'jax-js': (): SideProgram => nodeSide(module('jax.js')),
  'tfjs-wasm': (): SideProgram => nodeSide(module('tfjs.js')),
  'ort-web': (threads = 1): SideProgram =>
    nodeSide(module('ort.js'), { ...withThreads(threads), BENCH_ORT: 'web' }),
  'ort-node': (threads = 1): SideProgram =>
    nodeSide(module('ort.js'), { ...withThreads(threads), BENCH_ORT: 'node' }),
  pytorch: (threads = 1): SideProgram => ({
    command: '/usr/bin/python3',
    args: [module('torch_side.py')],
    env: withThreads(threads),
  }),
  'ours on WebGPU': (): SideProgram => nodeSide(ours, onGpu),
  'jax-js on WebGPU': (): SideProgram => nodeSide(module('jax.js'), onGpu),
  'tfjs-webgpu': (): SideProgram => nodeSide(module('tfjs.js'), onGpu),
} as const;

export type SideName = keyof typeof programs;

export const JS_PEERS = ['jax-js', 'tfjs-wasm', 'ort-web'] as const;
export const ALL_PEERS = [...JS_PEERS, 'ort-node', 'pytorch'] as const;

/** Times in milliseconds, and what a row makes of them. */
export type ToReadings = (times: Times) => Readings;

const inMilliseconds: ToReadings = ({ bestMs, medianMs }) => ({ ms: bestMs, medianMs });

export interface Measuring {
  readonly workload: Workload;
  readonly roundMs: number;
  readonly toReadings?: ToReadings;
}

/**
 * Ours and peers on one workload. Ours is opened first: what a peer computes must agree with it, or the peer is not measured.
 * In each round, the best of many runs counts, since whatever else a machine does only ever adds.
 */
export function sidesFor(
  names: readonly SideName[],
  { workload, roundMs, toReadings = inMilliseconds }: Measuring,
): { readonly ours: Side; readonly peers: Record<string, Side> } {
  let reference: readonly number[] | undefined;
  const measure = async (process: SideProcess): Promise<Readings> =>
    toReadings(await process.measure(roundMs));
  const check = (result: readonly number[]): string | undefined => {
    reference ??= result;
    const wrong = difference(result, reference);
    return wrong > TOLERANCE ? `gives other results than ours, by ${wrong.toExponential(1)}` : undefined;
  };
  const [first = 'ours', ...others] = names;
  return {
    ours: sideOf(first, programs[first](), workload, measure, check),
    peers: Object.fromEntries(
      others.map((name) => [name, sideOf(name, programs[name](), workload, measure, check)]),
    ),
  };
}

/** One side in a process of its own; a peer that is not installed says so. */
export const sideOf =
  (
    name: SideName,
    program: SideProgram,
    workload: Workload,
    measure: (process: SideProcess) => Promise<Readings>,
    objection: (result: readonly number[]) => string | undefined = () => undefined,
  ): Side =>
  async () => {
    const missing = name.startsWith('ours') ? undefined : whyNoPeers(name);
    if (missing !== undefined) return { why: missing };
    return await opened(startSide(program), workload, objection, measure);
  };

export const limitProgram = (threads = 1): SideProgram => nodeSide(limits, threads > 1 ? PASSING_TIME : {});

/** A process that has opened its work, as a side of the runner. */
export async function opened(
  process: SideProcess,
  work: Workload | Limit,
  objection: (result: readonly number[]) => string | undefined,
  measure: (process: SideProcess) => Promise<Readings>,
): Promise<Ready | Unavailable> {
  try {
    const reply = await process.open(work);
    const why = 'why' in reply ? reply.why : objection(reply.result);
    if (why === undefined) return { measure: () => measure(process), close: () => process.end() };
    process.end();
    return { why };
  } catch (thrown) {
    process.end();
    throw thrown;
  }
}

/** What the machine can do, as one reading: the best of the given loops. */
export const limitSide =
  (
    reading: string,
    loops: readonly { readonly limit: Limit; readonly amount: number }[],
    roundMs: number,
  ): Side =>
  async () => {
    const processes: { readonly process: SideProcess; readonly amount: number }[] = [];
    for (const { limit, amount } of loops) {
      const process = startSide(limitProgram());
      processes.push({ process, amount });
      const reply = await process.open(limit);
      if ('why' in reply) return reply;
    }
    return {
      async measure() {
        const rates: number[] = [];
        for (const { process, amount } of processes)
          rates.push(amount / (await process.measure(roundMs)).bestMs);
        return { [reading]: Math.max(...rates) };
      },
      close() {
        for (const { process } of processes) process.end();
      },
    };
  };

import { Worker } from 'node:worker_threads';
import {
  assemble,
  type Code,
  copyMemory,
  f32x4,
  get,
  i32,
  newScope,
  repeat,
  set,
  v128,
} from '../../packages/core/src/codegen/wasm/assembler.ts';
import type { Limit, Work } from './workload.ts';

/** Enough independent accumulators to hide the latency of a multiply-add: 4 or 5 cycles, two a cycle. */
const ACCUMULATORS = 12;
const FMA_ROUNDS = 200_000;
/** What `fma` leaves in each lane, of factors and sums that are all 1 or 0: that the work was done. */
export const FMA_RESULT = FMA_ROUNDS * ACCUMULATORS;
/** Of one run of `fma`, by one thread: four lanes, a multiplication and an addition each. */
export const FMA_FLOPS = FMA_ROUNDS * ACCUMULATORS * 4 * 2;

const PAGE = 65_536;
const VECTORS = 8;
const STEP = VECTORS * 16;

const pagesFor = (bytes: number): number => Math.ceil(bytes / PAGE) + 1;

/** `fma()`, `read(bytes)`, `copy(bytes)` and `move(bytes)`: from address 0 on to `bytes` on. */
function moduleBytes(pages: number): Uint8Array<ArrayBuffer> {
  return assemble({ initialPages: pages, maximumPages: pages, isShared: false }, [
    fmaLoop(),
    readLoop(),
    copyLoop(),
    moveAll(),
  ]);
}

function fmaLoop() {
  const scope = newScope(0);
  const accumulators = Array.from({ length: ACCUMULATORS }, () => scope.local('v128'));
  const count = scope.local('i32');
  // From memory: no compiler knows them, and each sits in a register.
  const [a, b] = [scope.local('v128'), scope.local('v128')];
  const kept = accumulators.reduce((sum, one) => f32x4.add(sum, get(one)), v128.floats(0));
  const body: Code = [
    set(a, v128.load(i32.const(64))),
    set(b, v128.load(i32.const(80))),
    repeat(
      count,
      i32.const(FMA_ROUNDS),
      1,
      ...accumulators.map((one) => set(one, f32x4.relaxedMadd(get(a), get(b), get(one)))),
    ),
    // Stored, so that no compiler may leave the work out.
    v128.store(i32.const(0), kept),
  ];
  return scope.finish(body, 'fma');
}

function readLoop() {
  const scope = newScope(1);
  const [bytes = scope.local('i32')] = scope.parameters;
  const sums = Array.from({ length: VECTORS }, () => scope.local('v128'));
  const at = scope.local('i32');
  const kept = sums.reduce((sum, one) => f32x4.add(sum, get(one)), v128.floats(0));
  const body: Code = [
    repeat(
      at,
      get(bytes),
      STEP,
      ...sums.map((one, n) => set(one, f32x4.add(get(one), v128.load(get(at), 16 * n)))),
    ),
    v128.store(i32.const(0), kept),
  ];
  return scope.finish(body, 'read');
}

function copyLoop() {
  const scope = newScope(1);
  const [bytes = scope.local('i32')] = scope.parameters;
  const at = scope.local('i32');
  const to = i32.add(get(at), get(bytes));
  const vectors = Array.from({ length: VECTORS }, (_, n) => n);
  const body = repeat(
    at,
    get(bytes),
    STEP,
    ...vectors.map((n) => v128.store(to, v128.load(get(at), 16 * n), 16 * n)),
  );
  return scope.finish(body, 'copy');
}

function moveAll() {
  const scope = newScope(1);
  const [bytes = scope.local('i32')] = scope.parameters;
  return scope.finish(copyMemory(get(bytes), i32.const(0), get(bytes)), 'move');
}

type Call = (bytes?: number) => void;

interface Loops {
  readonly calls: Readonly<Record<string, Call>>;
  readonly memory: WebAssembly.Memory;
}

/** The loops, and the memory that they work on: all ones. */
export function loops(bytes: number): Loops {
  const pages = pagesFor(2 * bytes);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  new Float32Array(memory.buffer).fill(1);
  const module = new WebAssembly.Module(moduleBytes(pages));
  const calls = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<string, Call>;
  return { calls, memory };
}

/** What the processor can do at best, by loops that do nothing else. */
export async function open(limit: Limit): Promise<Work> {
  if (limit.kind === 'fma' && (limit.threads ?? 1) > 1) return await manyThreads(limit.threads ?? 1);
  const bytes = 'bytes' in limit ? Math.ceil(limit.bytes / STEP) * STEP : 0;
  const call = loops(bytes).calls[limit.kind];
  if (!call) throw new Error(`There is no loop ${limit.kind}.`);
  return { result: [], run: () => call(bytes) };
}

/** The same loop in every thread, begun and ended together. */
async function manyThreads(threads: number): Promise<Work> {
  const source = `
    const { parentPort, workerData } = require('node:worker_threads');
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    new Float32Array(memory.buffer).fill(1);
    const { fma } = new WebAssembly.Instance(new WebAssembly.Module(workerData), { env: { memory } }).exports;
    parentPort.on('message', () => { fma(); parentPort.postMessage(new Float32Array(memory.buffer, 0, 1)[0]); });
  `;
  const workerData = moduleBytes(1);
  const workers = Array.from({ length: threads }, () => new Worker(source, { eval: true, workerData }));
  return {
    result: [],
    async run() {
      const done = workers.map(
        (worker) => new Promise<unknown>((resolve) => void worker.once('message', resolve)),
      );
      for (const worker of workers) worker.postMessage('go');
      const results = await Promise.all(done);
      if (results.some((result) => result !== FMA_RESULT))
        throw new Error(`The threads were to compute ${FMA_RESULT} each: ${results.join(', ')}.`);
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

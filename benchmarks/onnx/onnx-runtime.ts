// onnxruntime: `BENCH_ORT` says which, `web` (WebAssembly) or `node` (native).
import process from 'node:process';
import { writeModel } from '@trestle/onnx';
import { sampled } from '../core/values.ts';
import type { Open } from '../core/workload.ts';
import { build } from './networks.ts';
import type { OnnxWorkload } from './workload.ts';

const isNative = process.env.BENCH_ORT === 'node';
const threads = Number(process.env.BENCH_THREADS ?? '1');

/** What is used of it: its packages lie outside the workspace, so that no compiler sees their types. */
interface Runtime {
  readonly env: { readonly wasm: { numThreads: number } };
  readonly InferenceSession: { create(bytes: Uint8Array, options: object): Promise<RuntimeSession> };
  readonly Tensor: new (type: string, data: object, dims: readonly number[]) => object;
}
interface RuntimeSession {
  run(feeds: object): Promise<Record<string, { readonly data: ArrayLike<number>; dispose?(): void }>>;
  release(): Promise<void>;
}

const folder = new URL('../peers/', import.meta.url);
const name = isNative ? 'onnxruntime-node/dist/index.js' : 'onnxruntime-web/dist/ort.node.min.mjs';
const loaded = await import(new URL(`node_modules/${name}`, folder).href);
const ort: Runtime = loaded.InferenceSession ? loaded : loaded.default;

const options = {
  executionProviders: [isNative ? 'cpu' : 'wasm'],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
};

export const open: Open<OnnxWorkload> = async (workload) => {
  const { model, feeds } = build(workload.network);
  const bytes = writeModel(model);
  if (!isNative) ort.env.wasm.numThreads = threads;
  if (workload.kind === 'open') {
    return {
      result: [1],
      async run() {
        await (await ort.InferenceSession.create(bytes, options)).release();
      },
    };
  }
  const session = await ort.InferenceSession.create(bytes, options);
  const given = Object.fromEntries(
    Object.entries(feeds(workload.batch)).map(([input, { type, data, dims }]) => [
      input,
      new ort.Tensor(type, data, dims),
    ]),
  );
  const run = async () => Object.values(await session.run(given))[0];
  const first = await run();
  return {
    result: sampled(first?.data ?? []),
    async run() {
      (await run())?.dispose?.();
    },
  };
};

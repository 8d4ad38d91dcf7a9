import type { BindGroups } from './bind-groups.ts';
import type { Failures } from './failures.ts';
import { workRefused } from './gpu-errors.ts';
import type { Pipeline } from './pipelines.ts';
import type { Profiler } from './profiler.ts';

/** What is known of a dispatch before its buffers are. */
export interface Dispatch {
  /** The pipeline's own may be that of another shape with the same source. */
  readonly label: string;
  readonly pipeline: Pipeline;
  readonly groups: BindGroups;
  readonly grid: readonly [number, number, number];
  /** Bytes that it reads and writes, and floating-point operations, for profiles. */
  readonly bytes: number;
  readonly operations: number;
}

type Words = Float32Array | Int32Array | Uint32Array;

/** Work in the order in which it was asked for. */
export type Command =
  | { readonly kind: 'write'; readonly target: GPUBuffer; readonly words: Words }
  | { readonly kind: 'clear'; readonly target: GPUBuffer }
  | { readonly kind: 'dispatch'; readonly dispatch: Dispatch; readonly buffers: readonly GPUBuffer[] };

export interface CommandQueue {
  push(command: Command): void;
  /** Writes to a buffer behind all that was pushed before; the words may change as soon as this returns. */
  write(target: GPUBuffer, words: Words): void;
  /** Everything pushed so far has been handed to the device. */
  drained(): Promise<void>;
  /** How many dispatches were encoded, and how many submits it took. */
  readonly counts: { dispatches: number; submits: number };
}

/** Dispatches per submit: long plans begin to run while the rest is being encoded. */
const MAX_ENCODED = 256;
/** Commands that may wait for the end of the current task. */
const MAX_WAITING = 1_024;

/**
 * Encodes commands as soon as their pipelines are there, many to a submit. Nothing here waits for the device, and a shader
 * that is still being compiled holds up only what comes behind it.
 */
export function commandQueue(
  device: GPUDevice,
  profiler: Profiler | undefined,
  log: Failures,
  onIdle: () => void,
): CommandQueue {
  const counts = { dispatches: 0, submits: 0 };
  let waiting: Command[] = [];
  /** The number of the work that the first waiting command belongs to. */
  let oldest = 0;
  let encoder: GPUCommandEncoder | undefined;
  let pass: GPUComputePassEncoder | undefined;
  let encoded = 0;
  /** Buffers that the current encoder uses: host data may not overtake it. */
  const touched = new Set<GPUBuffer>();
  let draining: Promise<void> | undefined;

  const fail = (thrown: unknown): void =>
    log.add(oldest, thrown instanceof Error ? thrown : new Error(String(thrown)));
  const endPass = (): void => {
    pass?.end();
    pass = undefined;
  };
  const submit = (): void => {
    if (!encoder) return;
    endPass();
    profiler?.resolve(encoder);
    device.queue.submit([encoder.finish()]);
    profiler?.read();
    counts.submits++;
    encoder = undefined;
    encoded = 0;
    touched.clear();
  };
  const dispatch = ({ dispatch, buffers }: Extract<Command, { kind: 'dispatch' }>): void => {
    const { pipeline, groups, grid } = dispatch;
    if (pipeline.error) fail(pipeline.error);
    if (!pipeline.ready) return;
    encoder ??= device.createCommandEncoder();
    if (profiler) endPass();
    pass ??= encoder.beginComputePass(profiler?.describe(dispatch) ?? {});
    pass.setPipeline(pipeline.ready.gpu);
    pass.setBindGroup(0, groups.of(device, pipeline.ready.layout, buffers));
    pass.dispatchWorkgroups(...grid);
    for (const buffer of buffers) touched.add(buffer);
    counts.dispatches++;
    encoded++;
    if (encoded >= MAX_ENCODED || profiler?.isFull()) submit();
  };
  const writeNow = (target: GPUBuffer, words: Words): void => {
    // A view of a SharedArrayBuffer may not be written from; a copy never is one.
    const isShared = !(words.buffer instanceof ArrayBuffer);
    device.queue.writeBuffer(target, 0, isShared ? words.slice() : words);
  };
  const encode = (command: Command): void => {
    if (command.kind === 'dispatch') {
      dispatch(command);
      return;
    }
    if (command.kind === 'write') {
      if (touched.has(command.target)) submit();
      writeNow(command.target, command.words);
      return;
    }
    endPass();
    encoder ??= device.createCommandEncoder();
    encoder.clearBuffer(command.target);
    touched.add(command.target);
    encoded++;
  };

  const encodeReady = (): Pipeline | undefined => {
    let done = 0;
    try {
      for (const command of waiting) {
        if (command.kind === 'dispatch') {
          const { pipeline } = command.dispatch;
          if (!pipeline.ready && !pipeline.error) return pipeline;
        }
        done++;
        encode(command);
      }
    } finally {
      // A queue that waits for one pipeline may be long, and is looked at with every command.
      if (done > 0) waiting = waiting.slice(done);
      submit();
    }
    return undefined;
  };
  /** Does work whose failures concern all that was asked for from a number on. */
  const watched = <T>(from: number, work: () => T): T => {
    device.pushErrorScope('validation');
    try {
      return work();
    } finally {
      const report = device.popErrorScope().then((error) => {
        // Mostly the consequence of a failure that is known: work on a buffer that there was no memory for.
        if (error) log.add(from, log.since(from) ?? workRefused(error.message));
      });
      log.watch(report.catch(() => undefined));
    }
  };
  /** Encodes what can be; gives the pipeline that the next command waits for. */
  const advance = (): Pipeline | undefined => watched(oldest, encodeReady);
  const drain = async (): Promise<void> => {
    // What this task still asks for belongs into the same submit.
    await Promise.resolve();
    for (let missing = advance(); missing; missing = advance()) await missing.settled;
    draining = undefined;
    onIdle();
  };
  const push = (command: Command): void => {
    if (waiting.length === 0) oldest = log.latest();
    waiting.push(command);
    if (waiting.length >= MAX_WAITING) advance();
    draining ??= drain().catch((thrown: unknown) => {
      draining = undefined;
      fail(thrown);
    });
  };
  return {
    counts,
    push,
    write(target, words) {
      // Nothing can overtake anything when nothing waits: no copy is needed then.
      if (waiting.length === 0) watched(log.latest(), () => writeNow(target, words));
      else push({ kind: 'write', target, words: words.slice() });
    },
    async drained() {
      while (draining) await draining;
    },
  };
}

import type { Pipeline } from './pipelines.ts';
import type { Profiler } from './profiler.ts';
import { USAGE } from './usage.ts';

/** Work in the order in which it was asked for. */
export type Command =
  | { readonly kind: 'write'; readonly target: GPUBuffer; words(): Float32Array | Int32Array | Uint32Array }
  | { readonly kind: 'clear'; readonly target: GPUBuffer }
  | {
      readonly kind: 'dispatch';
      readonly pipeline: Pipeline;
      readonly buffers: readonly GPUBuffer[];
      readonly constants: readonly number[];
      readonly grid: readonly [number, number, number];
      /** Bytes that it reads and writes, and floating-point operations, for profiles. */
      readonly bytes: number;
      readonly operations: number;
    };

export interface CommandQueue {
  push(command: Command): void;
  /** Everything pushed so far has been handed to the device. */
  drained(): Promise<void>;
  /** Whether nothing waits. */
  isEmpty(): boolean;
  /** How many dispatches were encoded, and how many submits it took. */
  readonly counts: { dispatches: number; submits: number };
}

/** Bytes of constants that one submit may use. */
const CONSTANT_BYTES = 65_536;
/** Dispatches per submit: long plans begin to run while the rest is being encoded. */
const MAX_ENCODED = 256;
/** Commands that may wait for the end of the current task. */
const MAX_WAITING = 1_024;
/** WebGPU's largest allowed minimum for the offsets of uniforms. */
const ALIGNMENT = 256;

/**
 * Encodes commands as soon as their pipelines are there, many to a submit. Nothing here waits for the device, and a shader
 * that is still being compiled holds up only what comes behind it.
 */
export function commandQueue(
  device: GPUDevice,
  profiler: Profiler | undefined,
  onFailure: (error: Error) => void,
  onIdle: () => void,
): CommandQueue {
  const counts = { dispatches: 0, submits: 0 };
  const constants = device.createBuffer({ size: CONSTANT_BYTES, usage: USAGE.uniform | USAGE.copyDst });
  const words = new Uint32Array(CONSTANT_BYTES / 4);
  let usedWords = 0;
  let waiting: Command[] = [];
  let encoder: GPUCommandEncoder | undefined;
  let pass: GPUComputePassEncoder | undefined;
  let encoded = 0;
  /** Buffers that the current encoder uses: host data may not overtake it. */
  const touched = new Set<GPUBuffer>();
  let draining: Promise<void> | undefined;

  const endPass = (): void => {
    pass?.end();
    pass = undefined;
  };
  const submit = (): void => {
    if (!encoder) return;
    endPass();
    if (usedWords > 0) device.queue.writeBuffer(constants, 0, words, 0, usedWords);
    profiler?.resolve(encoder);
    device.queue.submit([encoder.finish()]);
    profiler?.read();
    counts.submits++;
    encoder = undefined;
    usedWords = 0;
    encoded = 0;
    touched.clear();
  };
  const dispatch = (command: Extract<Command, { kind: 'dispatch' }>): void => {
    const { pipeline, buffers, grid } = command;
    const { ready } = pipeline;
    if (!ready) return;
    const offset = (usedWords * 4 + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (offset + command.constants.length * 4 > CONSTANT_BYTES) {
      submit();
      dispatch(command);
      return;
    }
    const entries: GPUBindGroupEntry[] = buffers.map((buffer, binding) => ({
      binding,
      resource: { buffer },
    }));
    if (command.constants.length > 0) {
      words.set(command.constants, offset / 4);
      const size = Math.ceil(command.constants.length / 4) * 16;
      usedWords = offset / 4 + size / 4;
      entries.push({ binding: buffers.length, resource: { buffer: constants, offset, size } });
    }
    const bindGroup = device.createBindGroup({ layout: ready.layout, entries });
    encoder ??= device.createCommandEncoder();
    if (profiler) endPass();
    pass ??= encoder.beginComputePass(profiler?.describe(command) ?? {});
    pass.setPipeline(ready.gpu);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...grid);
    for (const buffer of buffers) touched.add(buffer);
    counts.dispatches++;
    encoded++;
    if (encoded >= MAX_ENCODED || profiler?.isFull()) submit();
  };
  const encode = (command: Command): void => {
    if (command.kind === 'dispatch') {
      if (command.pipeline.error) onFailure(command.pipeline.error);
      else dispatch(command);
      return;
    }
    if (command.kind === 'write') {
      if (touched.has(command.target)) submit();
      const values = command.words();
      // A view of a SharedArrayBuffer may not be written from; a copy never is one.
      const isShared = !(values.buffer instanceof ArrayBuffer);
      device.queue.writeBuffer(command.target, 0, isShared ? values.slice() : values);
      return;
    }
    endPass();
    encoder ??= device.createCommandEncoder();
    encoder.clearBuffer(command.target);
    touched.add(command.target);
    encoded++;
  };

  /** Encodes what can be; gives the pipeline that the next command waits for. */
  const advance = (): Pipeline | undefined => {
    let done = 0;
    try {
      for (const command of waiting) {
        if (command.kind === 'dispatch' && !command.pipeline.ready && !command.pipeline.error) {
          return command.pipeline;
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
  const drain = async (): Promise<void> => {
    // What this task still asks for belongs into the same submit.
    await Promise.resolve();
    for (let missing = advance(); missing; missing = advance()) await missing.settled;
    draining = undefined;
    onIdle();
  };
  return {
    counts,
    push(command) {
      waiting.push(command);
      if (waiting.length >= MAX_WAITING) advance();
      draining ??= drain().catch((thrown: unknown) => {
        draining = undefined;
        onFailure(thrown instanceof Error ? thrown : new Error(String(thrown)));
      });
    },
    async drained() {
      while (draining) await draining;
    },
    isEmpty: () => waiting.length === 0,
  };
}

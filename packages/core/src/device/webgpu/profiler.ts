import type { Command } from './command-queue.ts';
import { MAP_READ, USAGE } from './usage.ts';

type Dispatch = Extract<Command, { kind: 'dispatch' }>;

/** What one dispatch took. */
export interface KernelTiming {
  readonly label: string;
  readonly milliseconds: number;
  readonly bytes: number;
  readonly operations: number;
}

/** Timestamps before and behind each dispatch. */
export interface Profiler {
  describe(command: Dispatch): GPUComputePassDescriptor;
  isFull(): boolean;
  /** At the end of an encoder, and after its submit. */
  resolve(encoder: GPUCommandEncoder): void;
  read(): void;
}

const MAX_DISPATCHES = 128;
const BYTES_PER_STAMP = 8;

export function profiler(device: GPUDevice, report: (timing: KernelTiming) => void): Profiler {
  const stamps = 2 * MAX_DISPATCHES;
  const querySet = device.createQuerySet({ type: 'timestamp', count: stamps });
  const resolved = device.createBuffer({
    size: stamps * BYTES_PER_STAMP,
    usage: USAGE.queryResolve | USAGE.copySrc,
  });
  let pending: Dispatch[] = [];
  let staging: GPUBuffer | undefined;
  let measured: Dispatch[] = [];
  return {
    describe(command) {
      const at = 2 * pending.length;
      pending.push(command);
      return {
        timestampWrites: { querySet, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 },
      };
    },
    isFull: () => pending.length >= MAX_DISPATCHES,
    resolve(encoder) {
      if (pending.length === 0) return;
      const bytes = 2 * pending.length * BYTES_PER_STAMP;
      staging = device.createBuffer({ size: bytes, usage: USAGE.mapRead | USAGE.copyDst });
      encoder.resolveQuerySet(querySet, 0, 2 * pending.length, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
      measured = pending;
      pending = [];
    },
    read() {
      const [buffer, dispatches] = [staging, measured];
      staging = undefined;
      if (!buffer) return;
      buffer.mapAsync(MAP_READ).then(
        () => {
          const times = new BigUint64Array(buffer.getMappedRange());
          for (const [index, { pipeline, bytes, operations }] of dispatches.entries()) {
            const nanoseconds = Number((times[2 * index + 1] ?? 0n) - (times[2 * index] ?? 0n));
            report({ label: pipeline.label, milliseconds: nanoseconds / 1e6, bytes, operations });
          }
          buffer.destroy();
        },
        // The device went away: whoever reads a result hears of it.
        () => undefined,
      );
    },
  };
}

/** One line: what, how long, and how much of what the adapter can do. */
export function timingText({ label, milliseconds, bytes, operations }: KernelTiming): string {
  const rate = (count: number): string => (count / Math.max(milliseconds, 1e-6) / 1e6).toFixed(1);
  return `webgpu ${label}: ${milliseconds.toFixed(3)} ms, ${rate(operations)} GFLOP/s, ${rate(bytes)} GB/s`;
}

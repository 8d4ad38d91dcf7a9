import { expectTimings, type Timing } from '../../profile.ts';
import type { Dispatch } from './command-queue.ts';
import { MAP_READ, USAGE } from './usage.ts';

/** Timestamps before and behind each dispatch. */
export interface Profiler {
  describe(dispatch: Dispatch): GPUComputePassDescriptor;
  isFull(): boolean;
  /** At the end of an encoder, and after its submit. */
  resolve(encoder: GPUCommandEncoder): void;
  read(): void;
}

const MAX_DISPATCHES = 128;
const BYTES_PER_STAMP = 8;

export function profiler(device: GPUDevice, report: (timing: Timing) => void): Profiler {
  const stamps = 2 * MAX_DISPATCHES;
  const querySet = device.createQuerySet({ type: 'timestamp', count: stamps });
  const resolved = device.createBuffer({
    size: stamps * BYTES_PER_STAMP,
    usage: USAGE.queryResolve | USAGE.copySrc,
  });
  let pending: Dispatch[] = [];
  let staging: GPUBuffer | undefined;
  let measured: Dispatch[] = [];
  let submittedAt = 0;
  /** Milliseconds between the host's clock and the adapter's, from the first submit. */
  let shift: number | undefined;
  return {
    describe(dispatch) {
      const at = 2 * pending.length;
      pending.push(dispatch);
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
      submittedAt = performance.now();
    },
    read() {
      const [buffer, dispatches, from] = [staging, measured, submittedAt];
      staging = undefined;
      if (!buffer) return;
      const arrival = buffer.mapAsync(MAP_READ).then(
        () => {
          const times = new BigUint64Array(buffer.getMappedRange());
          for (const [index, { label, bytes, operations }] of dispatches.entries()) {
            const [begin, end] = [2 * index, 2 * index + 1].map((at) => Number(times[at] ?? 0n) / 1e6);
            shift ??= from - (begin ?? 0);
            const milliseconds = (end ?? 0) - (begin ?? 0);
            const start = (begin ?? 0) + shift;
            report({ device: 'webgpu', label, start, milliseconds, bytes, operations });
          }
          buffer.destroy();
        },
        // The device went away: whoever reads a result hears of it.
        () => undefined,
      );
      expectTimings(arrival);
    },
  };
}

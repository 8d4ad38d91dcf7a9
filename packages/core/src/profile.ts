import { latestDebug } from './debug.ts';

/** What one kernel took, or a piece of work of the host. */
export interface Timing {
  /** `wasm`, `webgpu`, or `host` for what is done before kernels run. */
  readonly device: string;
  readonly label: string;
  /** Milliseconds on the clock of `performance.now()`. */
  readonly start: number;
  readonly milliseconds: number;
  /** Read and written, and floating-point operations; 0 for the host. */
  readonly bytes: number;
  readonly operations: number;
}

type Listener = (timing: Timing) => void;

const listeners = new Set<Listener>();
const underway = new Set<Promise<unknown>>();

/** Whether anyone wants to know what kernels take: a trace, or `TRESTLE_DEBUG=2`. */
export const isProfiling = (): boolean => listeners.size > 0 || latestDebug().level >= 2;

/** Hands a kernel's timing to all that want it. */
export function report(timing: Timing): void {
  if (latestDebug().level >= 2) console.error(timingText(timing));
  for (const listener of listeners) listener(timing);
}

/** Calls a listener with every timing from now on; gives what ends that. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Runs a piece of the host's work, and reports to traces what it took. */
export function measured<T>(label: string, work: () => T): T {
  if (listeners.size === 0) return work();
  const start = performance.now();
  const result = work();
  const milliseconds = performance.now() - start;
  for (const listener of listeners)
    listener({ device: 'host', label, start, milliseconds, bytes: 0, operations: 0 });
  return result;
}

/** Notes timings that come later, as a GPU's do. */
export function expectTimings(arrival: Promise<unknown>): void {
  const noted = arrival.finally(() => underway.delete(noted));
  underway.add(noted);
}

/** All timings that were expected are there. */
export async function timingsArrived(): Promise<void> {
  while (underway.size > 0) await Promise.all(underway);
}

/** One line: what, how long, and how much of what the device can do. */
export function timingText({ device, label, milliseconds, bytes, operations }: Timing): string {
  const rate = (count: number): string => (count / Math.max(milliseconds, 1e-6) / 1e6).toFixed(1);
  return `${device} ${label}: ${milliseconds.toFixed(3)} ms, ${rate(operations)} GFLOP/s, ${rate(bytes)} GB/s`;
}

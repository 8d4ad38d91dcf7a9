import { listen, type Timing, timingsArrived } from './profile.ts';

/** An event of the Trace Event Format; times in microseconds. */
export interface TraceEvent {
  readonly name: string;
  /** `X`: something that took time; `M`: the name of a row. */
  readonly ph: 'X' | 'M';
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args: Readonly<Record<string, string | number>>;
}

/** What chrome://tracing and https://ui.perfetto.dev load, as JSON. */
export interface ChromeTrace {
  readonly displayTimeUnit: 'ms';
  readonly traceEvents: readonly TraceEvent[];
}

/** What is being recorded. */
export interface Trace {
  /** Ends the recording, once all timings of work that was waited for have arrived. */
  stop(): Promise<ChromeTrace>;
}

/**
 * Records from now on when each kernel ran, and when the host traced, scheduled and compiled: a row per device. A WebGPU device
 * takes part when it is opened after this, and its adapter has timestamps.
 *
 * @example
 * const trace = startTrace();
 * await step(parameters).data();
 * await writeFile('trace.json', JSON.stringify(await trace.stop()));
 */
export function startTrace(): Trace {
  const timings: Timing[] = [];
  const unlisten = listen((timing) => timings.push(timing));
  return {
    async stop() {
      await timingsArrived();
      unlisten();
      return chromeTrace(timings);
    },
  };
}

function chromeTrace(timings: readonly Timing[]): ChromeTrace {
  const devices = [...new Set(timings.map(({ device }) => device))];
  const rows = devices.map(
    (name, tid): TraceEvent => ({ name: 'thread_name', ph: 'M', pid: 0, tid, args: { name } }),
  );
  const events = timings.map(
    ({ device, label, start, milliseconds, bytes, operations }): TraceEvent => ({
      name: label,
      ph: 'X',
      pid: 0,
      tid: devices.indexOf(device),
      ts: start * 1_000,
      dur: milliseconds * 1_000,
      args: bytes + operations > 0 ? { bytes, operations } : {},
    }),
  );
  return { displayTimeUnit: 'ms', traceEvents: [...rows, ...events] };
}

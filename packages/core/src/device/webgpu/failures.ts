/** A failure that the device reported some time after the work was asked for. */
interface Failure {
  readonly from: number;
  readonly to: number;
  readonly error: Error;
}

/**
 * Which buffers may hold wrong values. The device reports failures late, and what was asked for between the failing call and
 * the report may have been computed from it: all of that is refused, what was made before or comes later is not.
 */
export interface Failures {
  /** The number of the next piece of work. */
  next(): number;
  /** The number of the latest. */
  latest(): number;
  add(from: number, error: Error): void;
  /** Waits for a report that is still to come. */
  watch(report: Promise<unknown>): void;
  settled(): Promise<void>;
  /** What makes the values of a piece of work wrong. */
  of(made: number): Error | undefined;
  /** The first failure that concerns any work from this one on. */
  since(from: number): Error | undefined;
}

/** More are not told apart: the oldest ones concern buffers that are long gone. */
const MAX_FAILURES = 32;

export function failures(): Failures {
  const known: Failure[] = [];
  const reports = new Set<Promise<unknown>>();
  let now = 0;
  return {
    next: () => ++now,
    latest: () => now,
    add(from, error) {
      known.push({ from, to: now, error });
      if (known.length > MAX_FAILURES) known.shift();
    },
    watch(report) {
      reports.add(report);
      report.finally(() => reports.delete(report)).catch(() => undefined);
    },
    async settled() {
      while (reports.size > 0) await Promise.allSettled([...reports]);
    },
    of: (made) => known.find(({ from, to }) => made >= from && made <= to)?.error,
    since: (from) => known.find(({ to }) => to >= from)?.error,
  };
}

import type { Asked, Reply } from '../exchange/asked.ts';

export interface JoinOptions<Model> {
  /** Tasks of one model that run at once: as many as there are threads. */
  readonly atOnce: number;
  /** For so long a request may wait for others, in milliseconds, while others are expected. */
  readonly maxDelayMs: number;
  readonly now: () => number;
  /** Runs requests in one task, which began to wait at a time. */
  readonly run: (model: Model, requests: readonly Asked[], since: number) => Promise<readonly Reply[]>;
  /** Whether a failure is of the task, and not of one of its requests: none of them is tried alone then. */
  readonly isOfTask: (thrown: unknown) => boolean;
}

/** Requests of one task at most: who comes first does not wait long for those who come with it. */
const MOST_REQUESTS = 64;
/** What is longer is a task of its own. */
const SHORT_BYTES = 8_192;

interface Waiting {
  readonly asked: Asked;
  readonly since: number;
  resolve(reply: Reply): void;
  reject(thrown: unknown): void;
}

interface Line {
  running: number;
  waiting: Waiting[];
  /** When the newest came. */
  newest: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Joins requests of a model that wait for a thread anyway: they go together when one is free, and where that is wanted wait a moment
 * for those that are likely to come. A trip to a thread costs more than a row. Where a task of several requests is lost, each is tried
 * alone, so that one bad request fails no other.
 */
export function joinedRequests<Model>({ atOnce, maxDelayMs, now, run, isOfTask }: JoinOptions<Model>) {
  const lines = new Map<Model, Line>();
  let waiting = 0;

  const lineOf = (model: Model): Line => {
    const known = lines.get(model);
    if (known) return known;
    const line: Line = { running: 0, waiting: [], newest: Number.NEGATIVE_INFINITY, timer: undefined };
    lines.set(model, line);
    return line;
  };

  const begin = (model: Model, line: Line): void => {
    clearTimeout(line.timer);
    line.timer = undefined;
    while (line.waiting.length > 0 && line.running < atOnce) {
      const batch = line.waiting.splice(0, MOST_REQUESTS);
      waiting -= batch.length;
      line.running++;
      runBatch(model, batch).finally(() => {
        line.running--;
        if (line.running === 0 && line.waiting.length === 0 && maxDelayMs === 0) lines.delete(model);
        else begin(model, line);
      });
    }
  };

  const alone = async (model: Model, { asked, since, resolve, reject }: Waiting): Promise<void> => {
    // A task of one request has one reply.
    await run(model, [asked], since).then((replies) => resolve(replies[0] as Reply), reject);
  };

  const runBatch = async (model: Model, batch: readonly Waiting[]): Promise<void> => {
    const [first] = batch;
    if (!first) return;
    if (batch.length === 1) return await alone(model, first);
    try {
      const replies = await run(
        model,
        batch.map((one) => one.asked),
        first.since,
      );
      for (const [place, one] of batch.entries()) one.resolve(replies[place] as Reply);
    } catch (thrown) {
      if (isOfTask(thrown)) for (const one of batch) one.reject(thrown);
      else await Promise.all(batch.map((one) => alone(model, one)));
    }
  };

  /** Others are expected where they came less than the delay apart: at low load nobody waits. */
  const isBusy = (line: Line, time: number): boolean =>
    maxDelayMs > 0 && time - line.newest < maxDelayMs && line.waiting.length < MOST_REQUESTS;

  return {
    waiting: (): number => waiting,
    answer: (model: Model, asked: Asked): Promise<Reply> =>
      new Promise<Reply>((resolve, reject) => {
        const since = now();
        const one = { asked, since, resolve, reject };
        if (asked.body.length > SHORT_BYTES) {
          void alone(model, one);
          return;
        }
        const line = lineOf(model);
        const isExpecting = isBusy(line, since);
        line.newest = since;
        line.waiting.push(one);
        waiting++;
        if (!isExpecting) begin(model, line);
        else line.timer ??= setTimeout(() => begin(model, line), maxDelayMs);
      }),
  };
}

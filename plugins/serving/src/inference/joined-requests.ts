import type { Asked, Reply } from '../exchange/asked.ts';

/** How requests of a model are joined. */
export interface LineOptions {
  /** Tasks that run at once: as many as there are threads, or fewer. */
  readonly atOnce: number;
  /** For so long a request may wait for others, in milliseconds, while others are expected. */
  readonly maxDelayMs: number;
}

export interface JoinOptions<Model extends LineOptions> {
  readonly now: () => number;
  /** Runs requests in one task, which began to wait at a time. */
  readonly run: (model: Model, requests: readonly Asked[], since: number) => Promise<readonly Reply[]>;
  /** Whether a failure is of the task, and not of one of its requests: none of them is tried alone then. */
  readonly isOfTask: (thrown: unknown) => boolean;
  /** What a request is told that has waited or run for longer than its own time. */
  readonly late: (timeoutMs: number) => Error;
}

/** Requests of one task at most: who comes first does not wait long for those who come with it. */
const MOST_REQUESTS = 64;
/** What is longer is a task of its own. */
const SHORT_BYTES = 8_192;

interface Waiting {
  readonly asked: Asked;
  readonly since: number;
  /** Nobody waits for it any more. */
  isLate: boolean;
  /** A thread is free for it: it waits for no other request, only for those that are read with it. */
  readonly isNext: boolean;
  resolve(reply: Reply): void;
  reject(thrown: unknown): void;
}

const isLong = (one: Pick<Waiting, 'asked'> | undefined): boolean =>
  (one?.asked.body.length ?? 0) > SHORT_BYTES;

interface Line {
  running: number;
  readonly waiting: Waiting[];
  /** When the newest came. */
  newest: number;
  timer: NodeJS.Timeout | undefined;
  /** A task begins as soon as all has been read that has come. */
  isBeginning: boolean;
}

/**
 * Joins requests of a model that wait for a thread anyway: they go together when one is free, and where that is wanted wait a moment
 * for those that are likely to come. A trip to a thread costs more than a row. Where a task of several requests is lost, each is tried
 * alone, so that one bad request fails no other.
 */
export function joinedRequests<Model extends LineOptions>({ now, run, isOfTask, late }: JoinOptions<Model>) {
  const lines = new Map<Model, Line>();
  let waiting = 0;

  const waitingIn = (requests: readonly Waiting[]): number =>
    requests.reduce((count, { isNext }) => count + Number(!isNext), 0);

  const lineOf = (model: Model): Line => {
    const known = lines.get(model);
    if (known) return known;
    const line: Line = {
      running: 0,
      waiting: [],
      newest: Number.NEGATIVE_INFINITY,
      timer: undefined,
      isBeginning: false,
    };
    lines.set(model, line);
    return line;
  };

  /** The next that go together; what is long goes alone. What has not waited for each other is shared out among the free threads. */
  const take = ({ atOnce, maxDelayMs }: Model, line: Line): readonly Waiting[] => {
    const free = maxDelayMs > 0 ? 1 : atOnce - line.running;
    const most = Math.min(MOST_REQUESTS, Math.ceil(line.waiting.length / free));
    let count = 1;
    if (!isLong(line.waiting[0]))
      while (count < line.waiting.length && count < most && !isLong(line.waiting[count])) count++;
    const batch = line.waiting.splice(0, count);
    waiting -= waitingIn(batch);
    return batch.filter(({ isLate }) => !isLate);
  };

  const begin = (model: Model, line: Line): void => {
    clearTimeout(line.timer);
    line.timer = undefined;
    while (line.waiting.length > 0 && line.running < model.atOnce) {
      const batch = take(model, line);
      if (batch.length === 0) continue;
      line.running++;
      runBatch(model, batch).finally(() => {
        line.running--;
        // A line that nobody waits in is nothing to keep, unless it remembers how busy it was.
        if (line.running === 0 && line.waiting.length === 0 && model.maxDelayMs === 0) lines.delete(model);
        else begin(model, line);
      });
    }
  };

  const alone = async (model: Model, { asked, since, resolve, reject }: Waiting): Promise<void> => {
    // A task of one request has one reply.
    await run(model, [asked], since).then((replies) => resolve(replies[0] as Reply), reject);
  };

  /** Sockets that are ready are read one after the other: what came at the same time goes together, and nobody waits for it. */
  const beginSoon = (model: Model, line: Line): void => {
    if (line.isBeginning || line.running >= model.atOnce) return;
    // Where nothing may wait, the pool itself says what does not fit.
    if (model.atOnce === Number.POSITIVE_INFINITY) {
      begin(model, line);
      return;
    }
    line.isBeginning = true;
    setImmediate(() => {
      line.isBeginning = false;
      begin(model, line);
    });
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
  const isExpecting = ({ maxDelayMs }: Model, line: Line, time: number): boolean =>
    maxDelayMs > 0 && time - line.newest < maxDelayMs && line.waiting.length < MOST_REQUESTS - 1;

  /** Whether it is begun with what is read now: it has a thread of its own, or is short and goes with others. */
  const hasPlace = ({ atOnce }: Model, { running, waiting }: Line, asked: Asked): boolean =>
    waiting.length < atOnce - running ||
    (running < atOnce && waiting.length < MOST_REQUESTS && !isLong({ asked }));

  return {
    waiting: (): number => waiting,
    waitingFor: (model: Model): number => waitingIn(lines.get(model)?.waiting ?? []),
    /** @param timeoutMs how long the caller waits, where it is not as long as everybody does */
    answer: (model: Model, asked: Asked, timeoutMs?: number): Promise<Reply> =>
      new Promise<Reply>((resolve, reject) => {
        const since = now();
        const line = lineOf(model);
        const waits = isExpecting(model, line, since);
        const isNext = !waits && hasPlace(model, line, asked);
        const one: Waiting = { asked, since, isLate: false, isNext, resolve, reject };
        if (timeoutMs !== undefined) {
          const timer = setTimeout(() => {
            one.isLate = true;
            reject(late(timeoutMs));
          }, timeoutMs);
          one.resolve = (reply) => {
            clearTimeout(timer);
            resolve(reply);
          };
          one.reject = (thrown) => {
            clearTimeout(timer);
            reject(thrown);
          };
        }
        line.newest = since;
        line.waiting.push(one);
        waiting += Number(!isNext);
        if (!waits) beginSoon(model, line);
        else line.timer ??= setTimeout(() => begin(model, line), model.maxDelayMs);
      }),
  };
}

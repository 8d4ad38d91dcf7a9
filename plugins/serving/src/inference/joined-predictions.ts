import type { Row } from '@trestle/model';
import type { Answer } from './task.ts';

export type Predicted = Extract<Answer, { kind: 'predicted' }>;

export interface JoinOptions<Model> {
  /** Tasks of one model that run at once: as many as there are threads. */
  readonly atOnce: number;
  readonly now: () => number;
  /** Runs rows in one task, which began to wait at a time. */
  readonly run: (model: Model, rows: readonly Row[], since: number) => Promise<Predicted>;
  /** Whether a failure is of the task, and not of one of its rows: none of them is tried alone then. */
  readonly isOfTask: (thrown: unknown) => boolean;
  /** Whether the model refused its rows, which it may do with many at once only; a thread that was lost says nothing of it. */
  readonly isRefusal: (thrown: unknown) => boolean;
}

/** Rows of one task at most: who comes first does not wait long for those who come with it. */
const MOST_ROWS = 256;
/** What has more is a task of its own. */
const FEW_ROWS = 64;

interface Waiting {
  readonly rows: readonly Row[];
  readonly since: number;
  resolve(predicted: Predicted): void;
  reject(thrown: unknown): void;
}

interface Line {
  running: number;
  /** A graph that takes rows one by one only. */
  isAlone: boolean;
  readonly waiting: Waiting[];
}

/**
 * Joins requests of a model that wait for a thread anyway: they go together when one is free, without waiting for more. A trip to
 * a thread costs more than a row. Where a task of several requests fails, each is tried alone, so that one bad request fails no other.
 */
export function joinedPredictions<Model>({ atOnce, now, run, isOfTask, isRefusal }: JoinOptions<Model>) {
  const lines = new Map<Model, Line>();
  let waiting = 0;

  const lineOf = (model: Model): Line => {
    const known = lines.get(model);
    if (known) return known;
    const line: Line = { running: 0, isAlone: false, waiting: [] };
    lines.set(model, line);
    return line;
  };

  const begin = (model: Model, line: Line): void => {
    while (line.waiting.length > 0 && line.running < atOnce) {
      const batch: Waiting[] = [];
      let rows = 0;
      for (let next = line.waiting[0]; next; next = line.waiting[0]) {
        if (batch.length > 0 && (line.isAlone || rows + next.rows.length > MOST_ROWS)) break;
        batch.push(next);
        rows += next.rows.length;
        line.waiting.shift();
      }
      waiting -= batch.length;
      line.running++;
      runBatch(model, line, batch).finally(() => {
        line.running--;
        if (line.running === 0 && line.waiting.length === 0 && !line.isAlone) lines.delete(model);
        else begin(model, line);
      });
    }
  };

  const alone = async (model: Model, { rows, since, resolve, reject }: Waiting): Promise<boolean> =>
    await run(model, rows, since).then(
      (predicted) => {
        resolve(predicted);
        return true;
      },
      (thrown: unknown) => {
        reject(thrown);
        return false;
      },
    );

  const runBatch = async (model: Model, line: Line, batch: readonly Waiting[]): Promise<void> => {
    const [first, ...others] = batch;
    if (!first) return;
    if (others.length === 0) {
      await alone(model, first);
      return;
    }
    try {
      const rows = batch.flatMap((one) => one.rows);
      const { predictions, statistics, rounded } = await run(model, rows, first.since);
      let at = 0;
      for (const one of batch) {
        const end = at + one.rows.length;
        one.resolve({
          kind: 'predicted',
          predictions: predictions.slice(at, end),
          statistics: statistics.slice(at, end),
          rounded: rounded.slice(at, end),
        });
        at = end;
      }
    } catch (thrown) {
      if (isOfTask(thrown)) for (const one of batch) one.reject(thrown);
      else {
        const answered = await Promise.all(batch.map((one) => alone(model, one)));
        if (isRefusal(thrown) && answered.every(Boolean)) line.isAlone = true;
      }
    }
  };

  return {
    waiting: (): number => waiting,
    predict: (model: Model, rows: readonly Row[]): Promise<Predicted> => {
      if (rows.length > FEW_ROWS) return run(model, rows, now());
      return new Promise<Predicted>((resolve, reject) => {
        const line = lineOf(model);
        line.waiting.push({ rows, since: now(), resolve, reject });
        waiting++;
        begin(model, line);
      });
    },
  };
}

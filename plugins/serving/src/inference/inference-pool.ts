import { fileURLToPath } from 'node:url';
import { type ErrorKind, isTrestleError, type ServiceScope, TrestleError } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { Piscina } from 'piscina';
import { servingConfig } from '../serving-config.ts';
import { servingError } from '../serving-error.ts';
import { joinedPredictions, type Predicted } from './joined-predictions.ts';
import type { Answer, Task } from './task.ts';

export interface InferencePool {
  /**
   * Runs a model in a worker.
   * @throws TRS_SERVING_OVERLOADED at once when too many wait already, TRS_SERVING_TIMEOUT, TRS_SERVING_WORKER_LOST, and
   *   what the model itself refuses
   */
  run<Kind extends Task['ask']['kind']>(
    digest: string,
    ask: Extract<Task['ask'], { kind: Kind }>,
  ): Promise<Extract<Answer, { kind: AnswerTo[Kind] }>>;
  readonly stats: () => { readonly waiting: number; readonly refused: number };
}

interface AnswerTo {
  describe: 'described';
  predict: 'predicted';
  run: 'ran';
}

/** A model package as a file. */
type Package = Pick<Task, 'digest' | 'path'>;

const RETRY_AFTER_S = 1;

/** Threads behind a bounded queue: the thread that accepts requests never runs a model. */
export function openInferencePool(scope: ServiceScope, workerFile?: string): InferencePool {
  const { workers, maxQueue, timeoutMs } = scope.config(servingConfig);
  let pool: Piscina<Task, Answer> | undefined;
  let refused = 0;
  const packages = new Map<string, Promise<Package>>();
  scope.onClose(async () => {
    await pool?.close();
  });

  const started = (): Piscina<Task, Answer> => {
    pool ??= new Piscina({
      // The built file also when this one runs from source: a thread cannot be started from within a test runner.
      filename: workerFile ?? fileURLToPath(import.meta.resolve('@trestle/plugin-serving/inference-worker')),
      minThreads: workers,
      maxThreads: workers,
      maxQueue,
    });
    return pool;
  };

  /** The package is checked against its digest once, here; a worker checks what it reads again. */
  const packageOf = (digest: string): Promise<Package> => {
    const known = packages.get(digest);
    if (known) return known;
    const found = scope
      .service(blobsToken)
      .then(async (blobs) => ({ digest, path: await blobs.localPath(digest) }));
    packages.set(digest, found);
    found.catch(() => packages.delete(digest));
    return found;
  };

  const runTask = async ({ digest, path }: Package, ask: Task['ask'], since: number): Promise<Answer> => {
    const left = timeoutMs - (performance.now() - since);
    if (left <= 0) throw timedOut(timeoutMs);
    const answer = await started()
      .run({ digest, path, ask }, { signal: AbortSignal.timeout(Math.ceil(left)) })
      .catch((cause: unknown) => {
        throw poolError(cause, timeoutMs, maxQueue, () => {
          refused += 1;
        });
      });
    if (answer.kind !== 'failed') return answer;
    const { code, kind, ...parts } = answer.error;
    // The kind went through `toTrestleError` in the worker.
    throw new TrestleError(code, { ...parts, kind: kind as ErrorKind });
  };

  const joined = joinedPredictions<Package>({
    // Where nothing may wait, nothing is joined.
    atOnce: maxQueue === 0 ? Number.POSITIVE_INFINITY : workers,
    now: () => performance.now(),
    run: async (model, rows, since) => (await runTask(model, { kind: 'predict', rows }, since)) as Predicted,
    isOfTask: (thrown) =>
      isTrestleError(thrown) &&
      (thrown.code === 'TRS_SERVING_TIMEOUT' || thrown.code === 'TRS_SERVING_OVERLOADED'),
    isRefusal: (thrown) => isTrestleError(thrown) && thrown.kind === 'invalid',
  });
  const waiting = (): number => (pool?.queueSize ?? 0) + joined.waiting();

  return {
    stats: () => ({ waiting: waiting(), refused }),
    async run(digest, asked) {
      const ask: Task['ask'] = asked;
      const model = await packageOf(digest);
      // Refused here, before anything is copied to a thread; the pool's own limit is the second line.
      if (waiting() >= maxQueue && maxQueue > 0) {
        refused += 1;
        throw overloaded(maxQueue);
      }
      const answer =
        ask.kind === 'predict'
          ? await joined.predict(model, ask.rows)
          : await runTask(model, ask, performance.now());
      return answer as never;
    },
  };
}

const timedOut = (timeoutMs: number, cause?: unknown): TrestleError =>
  servingError('TIMEOUT', {
    kind: 'unavailable',
    message: `The model did not answer within ${timeoutMs} ms.`,
    hint: 'Send fewer rows at once, or raise serving.timeoutMs.',
    retryAfterS: RETRY_AFTER_S,
    cause,
  });

function poolError(cause: unknown, timeoutMs: number, maxQueue: number, refuse: () => void): TrestleError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof Error && cause.name === 'AbortError') return timedOut(timeoutMs, cause);
  if (/queue/i.test(message)) {
    refuse();
    return overloaded(maxQueue);
  }
  return servingError('WORKER_LOST', {
    kind: 'unavailable',
    message: 'The worker that ran the model ended before it answered.',
    hint: 'Try again; another worker has taken its place.',
    retryAfterS: RETRY_AFTER_S,
    cause,
  });
}

const overloaded = (maxQueue: number) =>
  servingError('OVERLOADED', {
    kind: 'overloaded',
    message: `${maxQueue} requests are waiting already.`,
    hint: 'Try again in a moment. If this goes on, raise serving.workers or run more servers.',
    retryAfterS: RETRY_AFTER_S,
  });

import { fileURLToPath } from 'node:url';
import { type ErrorKind, type ServiceScope, TrestleError } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { Piscina } from 'piscina';
import { servingConfig } from '../serving-config.ts';
import { servingError } from '../serving-error.ts';
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

const RETRY_AFTER_S = 1;

/** Threads behind a bounded queue: the thread that accepts requests never runs a model. */
export function openInferencePool(scope: ServiceScope, workerFile?: string): InferencePool {
  const { workers, maxQueue, timeoutMs } = scope.config(servingConfig);
  let pool: Piscina<Task, Answer> | undefined;
  let refused = 0;
  const paths = new Map<string, Promise<string>>();
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
  const pathOf = (digest: string): Promise<string> => {
    const known = paths.get(digest);
    if (known) return known;
    const path = scope.service(blobsToken).then((blobs) => blobs.localPath(digest));
    paths.set(digest, path);
    path.catch(() => paths.delete(digest));
    return path;
  };

  return {
    stats: () => ({ waiting: pool?.queueSize ?? 0, refused }),
    async run(digest, ask) {
      const path = await pathOf(digest);
      const running = started();
      // Refused here, before anything is copied to a thread; the pool's own limit is the second line.
      if (running.queueSize >= maxQueue && maxQueue > 0) {
        refused += 1;
        throw overloaded(maxQueue);
      }
      const answer = await running
        .run({ digest, path, ask }, { signal: AbortSignal.timeout(timeoutMs) })
        .catch((cause: unknown) => {
          throw poolError(cause, timeoutMs, maxQueue, () => {
            refused += 1;
          });
        });
      if (answer.kind !== 'failed') return answer as never;
      const { code, kind, ...parts } = answer.error;
      // The kind went through `toTrestleError` in the worker.
      throw new TrestleError(code, { ...parts, kind: kind as ErrorKind });
    },
  };
}

function poolError(cause: unknown, timeoutMs: number, maxQueue: number, refuse: () => void): TrestleError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof Error && cause.name === 'AbortError') {
    return servingError('TIMEOUT', {
      kind: 'unavailable',
      message: `The model did not answer within ${timeoutMs} ms.`,
      hint: 'Send fewer rows at once, or raise serving.timeoutMs.',
      retryAfterS: RETRY_AFTER_S,
      cause,
    });
  }
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

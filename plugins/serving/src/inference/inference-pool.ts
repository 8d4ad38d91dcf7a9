import { fileURLToPath } from 'node:url';
import { isTrestleError, type ServiceScope, TrestleError } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { Piscina } from 'piscina';
import type { Asked, Refused, Replied } from '../exchange/asked.ts';
import type { Description } from '../exchange/description.ts';
import { servingConfig } from '../serving-config.ts';
import { servingError } from '../serving-error.ts';
import { joinedRequests } from './joined-requests.ts';
import type { Answer, Task } from './task.ts';

export interface InferencePool {
  /** What a model takes and gives. @throws TRS_SERVING_… */
  describe(digest: string): Promise<Description>;
  /** @throws what the model or the protocol refuses, TRS_SERVING_OVERLOADED, TRS_SERVING_TIMEOUT, TRS_SERVING_WORKER_LOST */
  answer(digest: string, asked: Asked): Promise<Replied>;
  readonly stats: () => { readonly waiting: number; readonly refused: number };
}

/** A model package as a file. */
type Package = Pick<Task, 'digest' | 'path'>;

const RETRY_AFTER_S = 1;

/** Threads behind a bounded queue: the thread that accepts requests never runs a model, and never looks into what it is asked. */
export function openInferencePool(scope: ServiceScope, workerFile?: string): InferencePool {
  const { workers, maxQueue, timeoutMs, maxRows, maxBatchRows, maxDelayMs } = scope.config(servingConfig);
  let pool: Piscina<Task, Answer> | undefined;
  let refused = 0;
  const packages = new Map<string, Promise<Package>>();
  const found = new Map<string, Package>();
  const descriptions = new Map<string, Description>();
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
    const looked = scope.service(blobsToken).then(async (blobs) => {
      const one = { digest, path: await blobs.localPath(digest) };
      found.set(digest, one);
      return one;
    });
    packages.set(digest, looked);
    looked.catch(() => packages.delete(digest));
    return looked;
  };

  const runTask = async ({ digest, path }: Package, ask: Task['ask'], since: number) => {
    const left = timeoutMs - (performance.now() - since);
    if (left <= 0) throw timedOut(timeoutMs);
    const answer = await started()
      .run(
        { digest, path, ask },
        { signal: AbortSignal.timeout(Math.ceil(left)), transferList: handedOver(ask) },
      )
      .catch((cause: unknown) => {
        throw poolError(cause, timeoutMs, maxQueue, () => {
          refused += 1;
        });
      });
    if (answer.kind === 'refused') throw errorOf(answer);
    return answer;
  };

  const joined = joinedRequests<Package>({
    // Where nothing may wait, nothing is joined.
    atOnce: maxQueue === 0 ? Number.POSITIVE_INFINITY : workers,
    maxDelayMs: maxQueue === 0 ? 0 : maxDelayMs,
    now: () => performance.now(),
    async run(model, requests, since) {
      const answer = await runTask(model, { kind: 'answer', requests, maxRows, maxBatchRows }, since);
      return answer.kind === 'answered' ? answer.replies : [];
    },
    isOfTask: (thrown) =>
      isTrestleError(thrown) &&
      (thrown.code === 'TRS_SERVING_TIMEOUT' || thrown.code === 'TRS_SERVING_OVERLOADED'),
  });
  const waiting = (): number => (pool?.queueSize ?? 0) + joined.waiting();
  // Refused here, before anything is copied to a thread; the pool's own limit is the second line.
  const checkQueue = (): void => {
    if (maxQueue === 0 || waiting() < maxQueue) return;
    refused += 1;
    throw overloaded(maxQueue);
  };

  return {
    stats: () => ({ waiting: waiting(), refused }),
    async describe(digest) {
      const known = descriptions.get(digest);
      if (known) return known;
      const model = await packageOf(digest);
      checkQueue();
      const answer = await runTask(model, { kind: 'describe' }, performance.now());
      if (answer.kind !== 'described') throw new TypeError('a worker describes when it is asked to');
      descriptions.set(digest, answer.description);
      return answer.description;
    },
    async answer(digest, asked) {
      const model = found.get(digest) ?? (await packageOf(digest));
      checkQueue();
      const reply = await joined.answer(model, asked);
      if (reply.kind === 'refused') throw errorOf(reply);
      return reply;
    },
  };
}

/** Bytes that were set aside for a body alone are handed over; short ones may share their memory with others. */
const handedOver = (ask: Task['ask']): ArrayBuffer[] =>
  ask.kind === 'answer' && ask.requests.length === 1 && typeof ask.requests[0]?.body === 'object'
    ? [ask.requests[0].body.buffer]
    : [];

const errorOf = ({ error: { code, ...parts } }: Refused): TrestleError => new TrestleError(code, parts);

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

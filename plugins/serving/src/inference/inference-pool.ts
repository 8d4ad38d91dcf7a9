import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { invariant, isTrestleError, type ServiceScope } from '@trestle/kernel';
import type { TextPiece } from '@trestle/model';
import { blobsToken } from '@trestle/store';
import { Piscina } from 'piscina';
import type { Asked, Replied } from '../exchange/asked.ts';
import type { Description } from '../exchange/description.ts';
import { chooseExecutor } from '../executor/choose-executor.ts';
import type { ExecutorChoice } from '../executor/executor-choice.ts';
import { servingConfig } from '../serving-config.ts';
import { joinedRequests, type LineOptions } from './joined-requests.ts';
import { type ModelFacts, modelWatch } from './model-watch.ts';
import { errorOf, overloaded, poolError, timedOut } from './pool-errors.ts';
import type { Answer, Task, Warmth } from './task.ts';

export interface InferencePool {
  /**
   * What a model takes and gives, and where its graph runs.
   *
   * @param wanted where it is to run: a name or `auto`; what the configuration says when left out
   * @throws TRS_SERVING_…
   */
  describe(digest: string, wanted?: string): Promise<Description & { readonly executor: string }>;
  /** @throws what the model or the protocol refuses, TRS_SERVING_OVERLOADED, TRS_SERVING_TIMEOUT, TRS_SERVING_WORKER_LOST */
  answer(digest: string, asked: Asked, wanted?: string): Promise<Replied>;
  /** Opens a model in each thread, and replays its golden examples there. */
  warmUp(digest: string, wanted?: string): Promise<Warmth>;
  /**
   * Answers a request of one row with a text, and gives its pieces as they come; stops where the caller goes.
   *
   * @throws TRS_SERVING_NO_PIECES where the model writes no texts, and as `answer` does
   */
  write(digest: string, asked: Asked, caller: TextCaller, wanted?: string): Promise<Replied>;
  /** Lets go of a model in every thread; whoever asks for it opens it again. */
  forget(digest: string): Promise<void>;
  /** Ends its threads, whatever they are at. */
  destroy(): Promise<void>;
  readonly stats: () => PoolStats;
  /** Where the graphs of models run that were asked. */
  readonly choices: () => readonly ExecutorChoice[];
}

/** Who reads a text while it is written. */
export interface TextCaller {
  onPiece(piece: TextPiece): void;
  readonly gone: AbortSignal;
}

export interface PoolStats {
  readonly waiting: number;
  readonly refused: number;
  /** Digests of the models that are open in some thread. */
  readonly digests: ReadonlySet<string>;
  /** Models that went because others needed their memory. */
  readonly evicted: number;
  readonly models: readonly ModelFacts[];
}

/** A model package as a file. */
type Package = Pick<Task, 'digest' | 'path' | 'executor'>;

/** A model as a deployment has it: lines of requests are its own. */
interface Served extends Package, LineOptions {
  readonly isPinned: boolean;
  readonly maxQueue: number;
  readonly timeoutMs: number;
  readonly maxBatchRows: number;
}

/** How long what runs in a thread is waited for when the pool is closed. */
const CLOSE_MS = 5_000;
/** Models of deployments that are remembered with their limits. */
const MOST_SERVED = 10_000;
/** Opening a model with each executor for the first time takes longer than a request may. */
const MEASURE_TIMEOUT_MS = 60_000;

/** Threads behind a bounded queue: the thread that accepts requests never runs a model, and never looks into what it is asked. */
export function openInferencePool(scope: ServiceScope, workerFile?: string): InferencePool {
  const config = scope.config(servingConfig);
  const { workers, maxQueue, timeoutMs, maxRows, maxBatchRows, maxDelayMs } = config;
  const budgetBytes = Math.floor(config.memoryBytes / workers);
  const watch = modelWatch(config.setAside);
  let pool: Piscina<Task, Answer> | undefined;
  let refused = 0;
  const packages = new Map<string, Promise<Package>>();
  const served = new Map<string, Served>();
  const descriptions = new Map<string, Description & { readonly executor: string }>();
  const choices: ExecutorChoice[] = [];
  scope.onClose(async () => {
    // Whatever still runs then has been waited for: the server has drained, or the command is over.
    await pool?.close().catch(() => pool?.destroy());
  });

  const started = (): Piscina<Task, Answer> => {
    pool ??= new Piscina({
      // The built file also when this one runs from source: a thread cannot be started from within a test runner.
      filename: workerFile ?? fileURLToPath(import.meta.resolve('@trestle/plugin-serving/inference-worker')),
      minThreads: workers,
      maxThreads: workers,
      maxQueue,
      closeTimeout: CLOSE_MS,
    });
    return pool;
  };

  /** The package is checked against its digest once, here; a worker checks what it reads again. */
  const packageOf = (digest: string, wanted: string): Promise<Package> => {
    const key = keyOf(digest, wanted);
    const known = packages.get(key);
    if (known) return known;
    const looked = openPackage(digest, wanted);
    packages.set(key, looked);
    looked.catch(() => packages.delete(key));
    return looked;
  };

  const openPackage = async (digest: string, wanted: string): Promise<Package> => {
    const path = await (await scope.service(blobsToken)).localPath(digest);
    const { executor, choice } = await chooseExecutor(scope, digest, wanted, async (executor, candidates) => {
      const ask = { kind: 'measure' as const, candidates };
      const model = plain({ digest, path, executor });
      const answer = await runTask(model, ask, performance.now(), MEASURE_TIMEOUT_MS);
      return answer.kind === 'measured' ? answer.measured : [];
    });
    choices.push(choice);
    return { digest, path, executor };
  };

  /** A model that is asked for by nobody in particular. */
  const plain = (model: Package): Served => ({ ...model, ...limitsOf('') });

  const limitsOf = (deployment: string): Omit<Served, keyof Package> => {
    const own = Object.hasOwn(config.deployments, deployment) ? config.deployments[deployment] : undefined;
    // Where nothing may wait, nothing is joined.
    const most = maxQueue === 0 ? Number.POSITIVE_INFINITY : workers;
    return {
      isPinned: own?.isPinned ?? false,
      atOnce: Math.min(most, own?.maxConcurrency ?? most),
      maxQueue: own?.maxQueue ?? maxQueue,
      timeoutMs: own?.timeoutMs ?? timeoutMs,
      maxDelayMs: maxQueue === 0 ? 0 : (own?.maxDelayMs ?? maxDelayMs),
      maxBatchRows: own?.maxBatchRows ?? maxBatchRows,
    };
  };

  const serve = async (digest: string, wanted: string, deployment: string): Promise<Served> => {
    const key = `${keyOf(digest, wanted)} ${deployment}`;
    const one = { ...(await packageOf(digest, wanted)), ...limitsOf(deployment) };
    const known = served.get(key);
    if (known) return known;
    const [oldest] = served.keys();
    if (served.size >= MOST_SERVED && oldest !== undefined) served.delete(oldest);
    served.set(key, one);
    return one;
  };

  const runTask = async (model: Served, ask: Task['ask'], since: number, most = model.timeoutMs) => {
    const left = most - (performance.now() - since);
    if (left <= 0) throw timedOut(most);
    const { digest, path, executor, isPinned } = model;
    const began = new SharedArrayBuffer(4);
    const task = { digest, path, executor, isPinned, budgetBytes, began, ask };
    const answer = await started()
      .run(task, { signal: AbortSignal.timeout(Math.ceil(left)), transferList: handedOver(ask) })
      .catch((cause: unknown) => {
        if (pool) watch.threads(new Set(pool.threads.map(({ threadId }) => threadId)));
        const hasBegun = new Int32Array(began)[0] !== 0;
        throw poolError(cause, { timeoutMs: most, maxQueue, hasBegun }, () => {
          refused += 1;
        });
      });
    if (answer.residence) watch.resides(answer.residence);
    if (answer.kind === 'refused') throw errorOf(answer);
    return answer;
  };

  const joined = joinedRequests<Served>({
    now: () => performance.now(),
    late: (ownMs) => timedOut(ownMs),
    async run(model, requests, since) {
      const { digest } = model;
      const beganAt = performance.now();
      try {
        const ask = { kind: 'answer' as const, requests, maxRows, maxBatchRows: model.maxBatchRows };
        const answer = await runTask(model, ask, since);
        watch.ended(digest, true);
        if (answer.kind !== 'answered') return [];
        watch.ran(requests, digest, answer.batches.length, beganAt - since, performance.now() - beganAt);
        return answer.replies;
      } catch (thrown) {
        if (isTrestleError(thrown) && thrown.details.hasBegun === true) watch.ended(digest, false);
        throw thrown;
      }
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

  const ask = async (model: Served, asked: Asked, ownMs: number | undefined): Promise<Replied> => {
    watch.admit(model.digest);
    checkQueue();
    if (model.maxQueue > 0 && joined.waitingFor(model) >= model.maxQueue) {
      refused += 1;
      throw overloaded(model.maxQueue);
    }
    const reply = await joined.answer(model, asked, ownMs);
    if (reply.kind === 'refused') throw errorOf(reply);
    return reply;
  };

  return {
    stats: () => ({
      waiting: waiting(),
      refused,
      digests: watch.digests(),
      evicted: watch.evicted(),
      models: watch.facts(),
    }),
    choices: () => choices,
    async describe(digest, wanted = config.executor) {
      const known = descriptions.get(keyOf(digest, wanted));
      if (known) return known;
      const model = plain(await packageOf(digest, wanted));
      watch.admit(digest);
      checkQueue();
      const answer = await runTask(model, { kind: 'describe' }, performance.now());
      if (answer.kind !== 'described') throw new TypeError('a worker describes when it is asked to');
      const description = { ...answer.description, executor: model.executor.name };
      descriptions.set(keyOf(digest, wanted), description);
      return description;
    },
    destroy: async () => await pool?.destroy(),
    async warmUp(digest, wanted = config.executor) {
      const model = plain(await packageOf(digest, wanted));
      const warm = async (): Promise<Warmth> => {
        const answer = await runTask(model, { kind: 'warm' }, performance.now());
        if (answer.kind !== 'warmed') throw new TypeError('a worker warms up when it is asked to');
        return answer;
      };
      // As many at once as there are threads: each that is idle gets one.
      const all = await Promise.all(Array.from({ length: config.workers }, warm));
      return all.find(({ verified }) => !verified) ?? invariant(all[0], 'a thread');
    },
    async answer(digest, asked, wanted = config.executor) {
      const key = `${keyOf(digest, wanted)} ${asked.deployment}`;
      const model = served.get(key) ?? (await serve(digest, wanted, asked.deployment));
      const { timeoutMs: ownMs, ...sent } = asked;
      try {
        const reply = await ask(model, sent, ownMs);
        watch.answered(sent, digest, reply.rows);
        return reply;
      } catch (thrown) {
        watch.failed(sent, digest, thrown);
        throw thrown;
      }
    },
    async write(digest, asked, { onPiece, gone }, wanted = config.executor) {
      const model = await serve(digest, wanted, asked.deployment);
      watch.admit(digest);
      checkQueue();
      const { port1: read, port2: pieces } = new MessageChannel();
      const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
      const halt = (): void => {
        Atomics.store(new Int32Array(stop), 0, 1);
      };
      gone.addEventListener('abort', halt, { once: true });
      read.on('message', onPiece);
      try {
        const answer = await runTask(model, { kind: 'write', asked, pieces, stop }, performance.now());
        // The answer comes by another way than the pieces, and must not overtake them.
        for (let late = receiveMessageOnPort(read); late; late = receiveMessageOnPort(read))
          onPiece(late.message);
        const [reply] = answer.kind === 'answered' ? answer.replies : [];
        if (!reply) throw new TypeError('a worker answers what it is asked');
        if (reply.kind === 'refused') throw errorOf(reply);
        return reply;
      } finally {
        gone.removeEventListener('abort', halt);
        read.close();
      }
    },
    async forget(digest) {
      for (const key of descriptions.keys()) if (key.startsWith(`${digest} `)) descriptions.delete(key);
      if (!pool) return;
      const model = plain(await packageOf(digest, config.executor));
      const forget = { kind: 'forget' as const, arrived: new SharedArrayBuffer(4), threads: workers };
      await Promise.all(Array.from({ length: workers }, () => runTask(model, forget, performance.now())));
    },
  };
}

const keyOf = (digest: string, wanted: string): string => `${digest} ${wanted}`;

/** Bytes that were set aside for a body alone are handed over; short ones may share their memory with others. */
const handedOver = (ask: Task['ask']): (ArrayBuffer | MessagePort)[] =>
  ask.kind === 'write'
    ? [ask.pieces]
    : ask.kind === 'answer' && ask.requests.length === 1 && typeof ask.requests[0]?.body === 'object'
      ? [ask.requests[0].body.buffer]
      : [];

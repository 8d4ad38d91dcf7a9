import { readFile } from 'node:fs/promises';
import type { ExecutorModule } from '@trestle/contracts';
import { releaseBytes } from '@trestle/kernel';
import { type Model, openModel } from '@trestle/model';
import type { Executor } from '@trestle/onnx';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { loadExecutor, measureExecutors } from '../executor/measure-executors.ts';
import { servingError } from '../serving-error.ts';
import { answerRequests, descriptionOf, refusedOf } from './answer-requests.ts';
import { openModels } from './open-models.ts';
import type { Answer, Task, Warmth } from './task.ts';
import { writeText } from './write-text.ts';

const executors = new Map<string, Promise<Executor>>();

function executorOf(module: ExecutorModule): Promise<Executor> {
  const loaded = executors.get(module.module) ?? loadExecutor(module);
  executors.set(module.module, loaded);
  loaded.catch(() => executors.delete(module.module));
  return loaded;
}

const bytesOf = async ({ digest, path }: Task): Promise<Uint8Array> =>
  new Uint8Array(
    await readFile(path).catch((cause: unknown) => {
      // The system's own words name a path of this machine.
      throw damaged('cannot be read any more', digest, cause);
    }),
  );

async function load(task: Task): Promise<Model> {
  const { digest, executor } = task;
  const model = await openModel(await bytesOf(task), {}, await executorOf(executor));
  if (model.digest === digest) return model;
  throw damaged('does not have its digest any more', digest);
}

const damaged = (what: string, digest: string, cause?: unknown) =>
  servingError('MODEL_DAMAGED', {
    kind: 'failed',
    message: `The package of the model ${digest} ${what}.`,
    hint: 'Run "trestle doctor --deep", and register the model again.',
    cause,
  });

const tasks = new Map<string, Task>();
const models = openModels(async (key) => {
  const task = tasks.get(key);
  if (!task) throw new TypeError('a model is opened for a task');
  return await load(task);
});

/** What each thread of the pool runs. */
export default async function work(task: Task): Promise<Answer> {
  Atomics.store(new Int32Array(task.began), 0, 1);
  const answer = await done(task).catch(refusedOf);
  const residence = models.residence();
  return handedOver(residence ? { ...answer, residence } : answer);
}

async function done(task: Task): Promise<Answer> {
  const { ask, digest } = task;
  if (ask.kind === 'measure')
    return {
      kind: 'measured',
      measured: await measureExecutors(await bytesOf(task), ask.candidates),
    };
  if (ask.kind === 'forget') {
    models.forget(digest);
    together(new Int32Array(ask.arrived), ask.threads);
    return { kind: 'forgotten' };
  }
  const key = `${digest} ${task.executor.name}`;
  tasks.set(key, task);
  try {
    const model = await models.modelOf(key, digest, task.isPinned);
    if (ask.kind === 'describe') return { kind: 'described', description: descriptionOf(model) };
    if (ask.kind === 'warm') return { kind: 'warmed', ...(await warmUp(model)) };
    if (ask.kind === 'write')
      return { kind: 'answered', replies: [await writeText(model, ask)], batches: [] };
    const answered = await answerRequests(model, ask);
    // Whatever of a body is in an answer was copied into it.
    for (const { body } of ask.requests) if (typeof body !== 'string') releaseBytes(body);
    return { kind: 'answered', ...answered };
  } finally {
    tasks.delete(key);
    await models.settle(key, task.budgetBytes).catch(() => {});
  }
}

/** A model that has answered for so long is compiled: its next answer takes as long as any other. */
const WARM_MS = 300;

/** Replays the golden examples again and again: what answers slowly at first does so before anybody waits for it. */
async function warmUp(model: Model): Promise<Warmth> {
  const startedAt = performance.now();
  for (;;) {
    const { verified, checks } = await model.verify();
    if (!verified || performance.now() - startedAt > WARM_MS)
      return { verified, detail: checks.map(({ detail }) => detail).join(' ') };
  }
}

/** A thread that was busy comes later, or not in time: what it has open then is forgotten when it is asked for something else. */
const TOGETHER_MS = 2_000;

function together(arrived: Int32Array, threads: number): void {
  Atomics.add(arrived, 0, 1);
  Atomics.notify(arrived, 0);
  const until = performance.now() + TOGETHER_MS;
  for (let there = Atomics.load(arrived, 0); there < threads; there = Atomics.load(arrived, 0)) {
    const left = until - performance.now();
    if (left <= 0) return;
    Atomics.wait(arrived, 0, there, left);
  }
}

/** Bytes of answers are handed over, and not copied. */
function handedOver(answer: Answer): Answer {
  if (answer.kind !== 'answered') return answer;
  const buffers = answer.replies.flatMap((reply) =>
    reply.kind === 'replied' && typeof reply.body !== 'string' ? [reply.body.buffer] : [],
  );
  if (buffers.length === 0) return answer;
  const moved = { [transferableSymbol]: buffers, [valueSymbol]: answer };
  // Piscina sends the answer itself: what goes through its types is the mark around it.
  return move(moved as never) as never;
}

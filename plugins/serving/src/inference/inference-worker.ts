import { readFile } from 'node:fs/promises';
import type { ExecutorModule } from '@trestle/contracts';
import { type Model, openModel } from '@trestle/model';
import type { Executor } from '@trestle/onnx';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { loadExecutor, measureExecutors } from '../executor/measure-executors.ts';
import { servingError } from '../serving-error.ts';
import { answerRequests, descriptionOf, refusedOf } from './answer-requests.ts';
import type { Answer, Task, Warmth } from './task.ts';
import { writeText } from './write-text.ts';

/** Models that a worker keeps open: enough for a champion, its challenger and a few more deployments. */
const MAX_OPEN = 8;

const open = new Map<string, Promise<Model>>();

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

/** The model of a task; the one that was not asked for the longest is closed when there are too many. */
function modelOf(task: Task): Promise<Model> {
  const key = `${task.digest} ${task.executor.name}`;
  const opened = open.get(key) ?? load(task);
  open.delete(key);
  open.set(key, opened);
  opened.catch(() => open.delete(key));
  const [oldest] = open;
  if (open.size > MAX_OPEN && oldest !== undefined) {
    open.delete(oldest[0]);
    // A thread does one task at a time: nothing runs in it.
    oldest[1].then((model) => model.close()).catch(() => {});
  }
  return opened;
}

/** What each thread of the pool runs. */
export default async function work(task: Task): Promise<Answer> {
  try {
    if (task.ask.kind === 'measure')
      return {
        kind: 'measured',
        measured: await measureExecutors(await bytesOf(task), task.ask.candidates),
      };
    const model = await modelOf(task);
    if (task.ask.kind === 'describe') return { kind: 'described', description: descriptionOf(model) };
    if (task.ask.kind === 'warm') return { kind: 'warmed', ...(await warmUp(model)) };
    if (task.ask.kind === 'write')
      return { kind: 'answered', replies: [await writeText(model, task.ask)], batches: [] };
    return handedOver({ kind: 'answered', ...(await answerRequests(model, task.ask)) });
  } catch (thrown) {
    return refusedOf(thrown);
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

/** Bytes of answers are handed over, and not copied. */
function handedOver(answer: Extract<Answer, { kind: 'answered' }>): Answer {
  const buffers = answer.replies.flatMap((reply) =>
    reply.kind === 'replied' && typeof reply.body !== 'string' ? [reply.body.buffer] : [],
  );
  if (buffers.length === 0) return answer;
  const moved = { [transferableSymbol]: buffers, [valueSymbol]: answer };
  // Piscina sends the answer itself: what goes through its types is the mark around it.
  return move(moved as never) as never;
}

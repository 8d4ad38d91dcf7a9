import { readFile } from 'node:fs/promises';
import { type Model, openModel } from '@trestle/model';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { servingError } from '../serving-error.ts';
import { answerRequests, descriptionOf, refusedOf } from './answer-requests.ts';
import type { Answer, Task } from './task.ts';

/** Models that a worker keeps open: enough for a champion, its challenger and a few more deployments. */
const MAX_OPEN = 8;

const open = new Map<string, Promise<Model>>();

async function load({ digest, path }: Task): Promise<Model> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    // The system's own words name a path of this machine.
    throw damaged('cannot be read any more', digest, cause);
  });
  const model = await openModel(new Uint8Array(bytes));
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
  const opened = open.get(task.digest) ?? load(task);
  open.delete(task.digest);
  open.set(task.digest, opened);
  opened.catch(() => open.delete(task.digest));
  const [oldest] = open.keys();
  if (open.size > MAX_OPEN && oldest !== undefined) open.delete(oldest);
  return opened;
}

/** What each thread of the pool runs. */
export default async function work(task: Task): Promise<Answer> {
  try {
    const model = await modelOf(task);
    if (task.ask.kind === 'describe') return { kind: 'described', description: descriptionOf(model) };
    return handedOver({ kind: 'answered', ...(await answerRequests(model, task.ask)) });
  } catch (thrown) {
    return refusedOf(thrown);
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

import { readFile } from 'node:fs/promises';
import { toTrestleError } from '@trestle/kernel';
import { imageStatistics, type Model, openModel, type Row } from '@trestle/model';
import { servingError } from '../serving-error.ts';
import type { Answer, Task } from './task.ts';

/** Models that a worker keeps open: enough for a champion, its challenger and a few more deployments. */
const MAX_OPEN = 8;

const open = new Map<string, Promise<Model>>();

async function load({ digest, path }: Task): Promise<Model> {
  const model = await openModel(new Uint8Array(await readFile(path)));
  if (model.digest === digest) return model;
  throw servingError('MODEL_DAMAGED', {
    kind: 'failed',
    message: `The package of the model does not have the digest ${digest} any more.`,
    hint: 'Run "trestle doctor --deep", and register the model again.',
  });
}

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

async function answer(task: Task): Promise<Answer> {
  const model = await modelOf(task);
  switch (task.ask.kind) {
    case 'describe':
      return {
        kind: 'described',
        description: {
          task: model.metadata?.schema.task,
          features: model.features,
          inputs: model.inputs,
          outputs: model.outputs,
        },
      };
    case 'predict':
      return { kind: 'predicted', ...(await predict(model, task.ask.rows)) };
    case 'run':
      return { kind: 'ran', outputs: await model.run(task.ask.inputs) };
  }
}

async function predict(model: Model, rows: readonly Row[]) {
  const statistics: Record<string, number>[] = [];
  const predictions = await model.predict(rows, (row, feature, pixels) => {
    const found = Object.entries(imageStatistics(pixels)).map(([name, value]) => [
      `${feature}.${name}`,
      value,
    ]);
    statistics[row] = { ...statistics[row], ...Object.fromEntries(found) };
  });
  const rounded: (readonly string[])[] = [];
  for (const [row, one] of rows.entries()) {
    const fields = model.rounded(one);
    if (fields.length > 0) rounded[row] = fields;
  }
  return { predictions, statistics, rounded };
}

/** What each thread of the pool runs. */
export default async function work(task: Task): Promise<Answer> {
  try {
    return await answer(task);
  } catch (thrown) {
    const { code, kind, message, hint, details } = toTrestleError(thrown);
    return { kind: 'failed', error: { code, kind, message, hint, details } };
  }
}

import { toTrestleError } from '@trestle/kernel';
import { imageStatistics, type Model, type Row } from '@trestle/model';
import type { Asked, Refused, Reply } from '../exchange/asked.ts';
import type { Description } from '../exchange/description.ts';
import { type PredictedRows, type RowQuestion, rowsAsked } from '../exchange/rows.ts';
import { type GraphQuestion, tensorsAsked } from '../exchange/tensors.ts';
import type { Requests } from './task.ts';

/** What a model takes and gives. */
export const descriptionOf = (model: Model): Description => ({
  task: model.metadata?.schema.task,
  features: model.features,
  inputs: model.inputs,
  outputs: model.outputs,
});

interface Joined {
  readonly place: number;
  readonly question: RowQuestion;
}

/**
 * Answers requests of one model, each with its own answer or its own refusal. Rows go through the model together where each row is
 * answered for itself, which packages of ours are; what a graph from elsewhere does across its rows, nobody knows.
 *
 * @returns the replies in the order of the requests, and the rows of each call of the model
 */
export async function answerRequests(
  model: Model,
  { requests, maxRows, maxBatchRows }: Requests,
): Promise<{ readonly replies: readonly Reply[]; readonly batches: readonly number[] }> {
  const replies = new Array<Reply>(requests.length);
  const batches: number[] = [];
  const atMost = model.metadata ? maxBatchRows : 0;
  let batch: Joined[] = [];
  let rows = 0;
  const flush = async (): Promise<void> => {
    const joined = batch;
    batch = [];
    rows = 0;
    if (joined.length > 0) await answerJoined(model, joined, replies, batches);
  };
  for (const [place, asked] of requests.entries()) {
    try {
      const question = read(model, asked, maxRows);
      if (question.kind === 'graph') {
        batches.push(1);
        replies[place] = question.reply(await model.run(question.feeds));
      } else {
        if (rows + question.rows.length > atMost) await flush();
        batch.push({ place, question });
        rows += question.rows.length;
      }
    } catch (thrown) {
      replies[place] = refusedOf(thrown);
    }
  }
  await flush();
  return { replies, batches };
}

const read = (model: Model, asked: Asked, maxRows: number): RowQuestion | GraphQuestion =>
  asked.form === 'rows' ? rowsAsked(asked, maxRows) : tensorsAsked(asked, descriptionOf(model), maxRows);

/** Where several fail together each is tried alone: one bad request fails no other. */
async function answerJoined(
  model: Model,
  joined: readonly Joined[],
  replies: Reply[],
  batches: number[],
): Promise<void> {
  try {
    const rows =
      joined.length === 1 ? (joined[0]?.question.rows ?? []) : joined.flatMap((one) => one.question.rows);
    const found = await predict(model, rows);
    // Without rows a model is not asked.
    if (rows.length > 0) batches.push(rows.length);
    let at = 0;
    for (const { place, question } of joined) {
      const end = at + question.rows.length;
      replies[place] = question.reply(joined.length === 1 ? found : part(found, at, end));
      at = end;
    }
  } catch (thrown) {
    const [first] = joined;
    if (joined.length === 1 && first) replies[first.place] = refusedOf(thrown);
    else for (const one of joined) await answerJoined(model, [one], replies, batches);
  }
}

const part = (
  { predictions, statistics, rounded }: PredictedRows,
  from: number,
  to: number,
): PredictedRows => ({
  predictions: predictions.slice(from, to),
  statistics: statistics.slice(from, to),
  rounded: rounded.slice(from, to),
});

async function predict(model: Model, rows: readonly Row[]): Promise<PredictedRows> {
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

/** An error as it crosses to the thread that accepted the request. */
export function refusedOf(thrown: unknown): Refused {
  const { code, kind, message, hint, details } = toTrestleError(thrown);
  return { kind: 'refused', error: { code, kind, message, hint, details } };
}

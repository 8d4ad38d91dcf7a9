import { type Batch, datasetsToken, modelsToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { type Model, openModel, type Row } from '@trestle/model';
import { batchRows, typesOf } from '../predict/batch-rows.ts';
import { backgroundOf, checkExplained, type Explanation, explainRow, usualExamples } from './explain-rows.ts';

interface ExplainInput {
  readonly model: string;
  readonly input: string;
  readonly background?: string | undefined;
  readonly limit: number;
}

/** Explains the first rows of a file. @throws TRS_SERVING_NOT_EXPLAINED, TRS_SERVING_NO_BACKGROUND, what the model refuses */
export async function explainFile(ctx: Context, input: ExplainInput) {
  const models = await ctx.service(modelsToken);
  const datasets = await ctx.service(datasetsToken);
  const version = await models.resolve(input.model);
  const model = await openModel(await models.bytes(version));
  try {
    checkExplained(model.features);
    const usual =
      input.background === undefined
        ? usualExamples(model)
        : await firstRows(model, datasets.read(input.background), Number.POSITIVE_INFINITY);
    const background = backgroundOf(usual);
    const notes = new Set<string>();
    const options = {
      types: typesOf(model.features),
      onNote: (note: string) => void notes.add(note),
      badRows: 'refuse' as const,
    };
    const asked = await firstRows(model, await datasets.readFile(ctx, input.input, options), input.limit + 1);
    if (asked.length > input.limit)
      notes.add(`The first ${input.limit} rows are explained; --limit explains more.`);
    const rows: Explanation[] = [];
    for (const row of asked.slice(0, input.limit)) {
      ctx.signal.throwIfAborted();
      rows.push(await explainRow(model.features, row, background, (some) => model.predict(some)));
      ctx.progress({ step: 'explaining', fraction: rows.length / Math.min(asked.length, input.limit) });
    }
    return {
      model: { name: version.name, version: version.version },
      background: background.length,
      rows: rows.map((one) => ({ ...one, attributions: [...one.attributions] })),
      notes: [...notes],
    };
  } finally {
    await model.close();
  }
}

async function firstRows(model: Model, batches: AsyncIterable<Batch>, most: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const batch of batches) {
    rows.push(...batchRows(batch, model.features));
    if (rows.length >= most) break;
  }
  return rows.slice(0, most);
}

import { type Batch, type ColumnType, datasetsToken, modelsToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import { servingError } from '../serving-error.ts';
import { batchRows, typesOf } from './batch-rows.ts';
import { fileSink, keepFirst } from './prediction-sink.ts';
import { answerReadable, badRowOf, skippedRows } from './readable-rows.ts';
import { roundingNotes } from './rounding-notes.ts';

interface PredictInput {
  readonly model: string;
  readonly input?: string | undefined;
  readonly data?: string | undefined;
  readonly out?: string | undefined;
  readonly badRows: 'refuse' | 'skip';
}

/** Predicts batch by batch: memory does not grow with the file. The output file is whole or not there. */
export async function predictRows(ctx: Context, input: PredictInput) {
  const models = await ctx.service(modelsToken);
  const version = await models.resolve(input.model);
  const model = await openModel(await models.bytes(version));
  const isMarked = model.features.some(({ imputed }) => imputed === true);
  const sink = input.out === undefined ? keepFirst() : await fileSink(ctx, input.out, isMarked);
  const isSkipping = input.badRows === 'skip';
  const skipped = skippedRows();
  const ignored = new Set<string>();
  const notes = new Set<string>();
  const rounding = roundingNotes();
  let rows = 0;
  let predicted = 0;
  try {
    const onNote = (note: string) => notes.add(note);
    for await (const batch of await source(ctx, input, typesOf(model.features, isSkipping), onNote)) {
      ctx.signal.throwIfAborted();
      const known = new Set(model.features.map((feature) => feature.name));
      for (const name of Object.keys(batch.columns)) if (!known.has(name)) ignored.add(name);
      try {
        const asked = batchRows(batch, model.features);
        const answered = isSkipping
          ? await answerReadable(model, asked, (bad) => skipped.add({ ...bad, row: bad.row + rows }))
          : { rows: asked.map((_, place) => place), predictions: await model.predict(asked) };
        await sink.take(
          isSkipping
            ? answered.predictions.map((one, at) => ({ row: rows + (answered.rows[at] ?? at), ...one }))
            : answered.predictions,
        );
        predicted += answered.predictions.length;
        rounding.take(asked, asked.map(model.rounded), rows);
      } catch (thrown) {
        throw atRow(thrown, rows);
      }
      rows += batch.rows;
      ctx.progress({ step: 'predicting', values: { rows } });
    }
    await sink.finish();
  } catch (thrown) {
    await sink.discard();
    throw thrown;
  }
  return {
    model: { name: version.name, version: version.version },
    rows: predicted,
    ...(isSkipping ? { skipped: skipped.found() } : {}),
    ...(sink.kept ? { predictions: sink.kept } : {}),
    ...(input.out === undefined ? {} : { out: input.out }),
    ignored: [...ignored],
    notes: [...notes, ...rounding.notes()],
  };
}

async function source(
  ctx: Context,
  { input, data, badRows }: PredictInput,
  types: ReadonlyMap<string, ColumnType>,
  onNote: (note: string) => void,
): Promise<AsyncIterable<Batch>> {
  const datasets = await ctx.service(datasetsToken);
  if (input !== undefined && data === undefined)
    return datasets.readFile(ctx, input, { types, onNote, badRows });
  if (data !== undefined && input === undefined) return datasets.read(data);
  throw servingError('SOURCE_MISSING', {
    kind: 'usage',
    message: 'Give either a file or a dataset.',
    hint: 'trestle predict MODEL --input FILE, or trestle predict MODEL --data DATASET.',
  });
}

/** A batch counts its rows from 0: the row that a user knows is further down. */
function atRow(thrown: unknown, before: number): unknown {
  const bad = badRowOf(thrown);
  if (!bad) return thrown;
  const { field, reason } = bad;
  const row = bad.row + before;
  return servingError('ROW_INVALID', {
    kind: 'invalid',
    message: `Row ${row}, field "${field}": ${reason}.`,
    hint: 'Rows are counted from 0, without the header. --bad-rows skip answers the others; "trestle model show" tells what the model takes.',
    details: { row, field, reason },
    cause: thrown,
  });
}

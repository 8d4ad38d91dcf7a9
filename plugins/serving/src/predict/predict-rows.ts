import { type Batch, type ColumnType, datasetsToken, modelsToken } from '@trestle/contracts';
import { type Context, isTrestleError, nearestName, TrestleError } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import { roundingNotes, unseenNotes } from '../exchange/field-notes.ts';
import { servingError } from '../serving-error.ts';
import { batchRows, typesOf } from './batch-rows.ts';
import { fileSink, keepFirst } from './prediction-sink.ts';
import { answerReadable, badRowOf, skippedRows } from './readable-rows.ts';

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
  const unseen = unseenNotes();
  let rows = 0;
  let predicted = 0;
  try {
    const onNote = (note: string) => notes.add(note);
    for await (const batch of await source(ctx, input, typesOf(model.features, isSkipping), onNote)) {
      ctx.signal.throwIfAborted();
      const known = new Set(model.features.map((feature) => feature.name));
      for (const name of Object.keys(batch.columns)) if (!known.has(name)) ignored.add(name);
      // How a text is to be written may be said of each; it need not be.
      const wanted = model.generate ? new Set(['text']) : known;
      for (const note of missingNotes(wanted, Object.keys(batch.columns))) notes.add(note);
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
        unseen.take(asked, asked.map(model.unseen), rows);
      } catch (thrown) {
        throw atRow(thrown, rows);
      }
      rows += batch.rows;
      ctx.progress({ step: 'predicting', values: { rows } });
    }
    await sink.finish();
  } catch (thrown) {
    await sink.discard();
    throw asAsked(thrown);
  }
  return {
    model: { name: version.name, version: version.version },
    rows: predicted,
    ...(isSkipping ? { skipped: skipped.found() } : {}),
    ...(sink.kept ? { predictions: sink.kept } : {}),
    ...(input.out === undefined ? {} : { out: input.out }),
    ignored: [...ignored],
    notes: [...notes, ...rounding.notes(), ...unseen.notes()],
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

/**
 * What is to be said of features that are no columns.
 *
 * @throws TRS_SERVING_NO_FEATURES where none is: nothing of such rows would reach the model
 */
function missingNotes(features: ReadonlySet<string>, columns: readonly string[]): readonly string[] {
  const missing = [...features].filter((name) => !columns.includes(name));
  const others = columns.filter((name) => !features.has(name));
  const meant = (name: string): string => {
    const plain = (text: string): string => text.trim().toLowerCase();
    const other = others.find((one) => plain(one) === plain(name)) ?? nearestName(name, others);
    return other === undefined ? '' : ` Is it ${JSON.stringify(other)}?`;
  };
  if (missing.length > 0 && missing.length === features.size)
    throw servingError('NO_FEATURES', {
      kind: 'invalid',
      message: `No column is a feature of the model: ${columns
        .slice(0, 20)
        .map((name) => JSON.stringify(name))
        .join(', ')}.`,
      hint: `It takes ${[...features].slice(0, 50).join(', ')}.`,
      details: { columns: columns.slice(0, 100), features: [...features] },
    });
  return missing.map((name) => `The feature "${name}" is no column, and missing in every row.${meant(name)}`);
}

/** The reader of files proposes what can be done about a dataset: none of it holds for rows that a model is asked. */
function asAsked(thrown: unknown): unknown {
  if (!isTrestleError(thrown) || thrown.code !== 'TRS_DATA_BAD_ROWS') return thrown;
  const { code, kind, message, hint = '', details } = thrown;
  const shown = hint.split('\n').filter((line) => /^\s*line /.test(line));
  const what = '--bad-rows skip answers the others; "trestle model show" tells what the model takes.';
  return new TrestleError(code, { kind, message, hint: [what, ...shown].join('\n'), details, cause: thrown });
}

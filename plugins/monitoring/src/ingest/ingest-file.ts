import { type Batch, datasetsToken, type LoggedPrediction } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { MAX_LABELS } from '../feedback/feedback-schemas.ts';
import { receiveLabels } from '../feedback/receive-labels.ts';
import { modelFactsToken } from '../model-facts.ts';
import { monitorError } from '../monitor-error.ts';
import { type Watched, watchedOf } from '../watched.ts';
import type { IngestResult } from './ingest-result.ts';
import { keepRecords, recordOf } from './keep-logged.ts';
import { isPacked, packedEntry } from './packed-rows.ts';
import { invalid, outputOf } from './read-logged.ts';
import { refuseUnwatched, type WatchedFeatures, watchedFeatures } from './watched-features.ts';

export interface IngestInput {
  readonly deployment: string;
  readonly file: string;
  readonly id: string;
  readonly time: string;
  readonly prediction: string;
  readonly label?: string | undefined;
  readonly version: string;
}

/**
 * Takes in a file of predictions (CSV, JSON lines, Parquet, … as `data add` reads them), batch by batch: an interruption leaves whole
 * batches, and to repeat it is safe, as ids that are there are not taken twice.
 */
export async function ingestFile(
  ctx: Context,
  input: IngestInput,
): Promise<IngestResult & { readonly notes: string[] }> {
  const watched = await watchedOf(ctx, input.deployment);
  const total: IngestResult = {
    deployment: watched.deployment,
    rows: 0,
    added: 0,
    duplicates: 0,
    labelled: 0,
  };
  const datasets = await ctx.service(datasetsToken);
  const facts = await (await ctx.service(modelFactsToken)).of(watched.model);
  const watchedNames = await watchedFeatures(ctx, watched);
  // Ids are names, and categories too, whatever they look like: 007 is not 7.
  const texts = [...(watchedNames ?? [])].filter(([, { isText }]) => isText).map(([name]) => name);
  const types = new Map([input.id, ...texts].map((name) => [name, 'string' as const]));
  const notes = new Set<string>();
  const reading = { types, others: 'inferred', onNote: (note: string) => void notes.add(note) } as const;
  for await (const batch of datasets.readFile(ctx, await ctx.files.read(input.file), reading)) {
    for (const name of [input.id, input.prediction, ...(input.label === undefined ? [] : [input.label])]) {
      if (name in batch.columns) continue;
      throw monitorError('INGEST_COLUMN', {
        kind: 'invalid',
        message: `The file has no column "${name}"; it has ${Object.keys(batch.columns).slice(0, 30).join(', ')}.`,
        hint: 'Say what the columns are called: --id, --time, --prediction, --label.',
      });
    }
    const records = isPacked(batch, watchedNames)
      ? packedRecords(batch, watched, facts, input, total.rows, watchedNames)
      : recordsOf(batch, watched, facts, input, total.rows, watchedNames);
    const kept = await keepRecords(ctx, ctx, watched, records);
    total.rows += kept.rows;
    total.added += kept.added;
    total.duplicates += kept.duplicates;
    total.labelled += kept.labelled;
    total.labelled += await labelsOf(ctx, watched, batch, input);
    ctx.progress({ step: 'taking in predictions', values: { rows: total.rows } });
    ctx.signal.throwIfAborted();
  }
  return { ...total, notes: [...notes] };
}

/** Rows in the form of `/v1/log`. */
function packedRecords(
  batch: Batch,
  watched: Watched,
  facts: Parameters<typeof outputOf>[0],
  input: IngestInput,
  before: number,
  watchedNames: WatchedFeatures | undefined,
): LoggedPrediction[] {
  const now = Date.now();
  return Array.from({ length: batch.rows }, (_, row) => {
    const where = `row ${before + row + 1}`;
    const entry = packedEntry(batch, row, input, where);
    refuseUnwatched(Object.keys(entry.features), watchedNames, where);
    return recordOf(facts, watched, entry, where, now);
  });
}

function recordsOf(
  batch: Batch,
  watched: Watched,
  facts: Parameters<typeof outputOf>[0],
  input: IngestInput,
  before: number,
  watchedNames: WatchedFeatures | undefined,
): LoggedPrediction[] {
  const { columns } = batch;
  const special = new Set([input.id, input.time, input.prediction, input.label, input.version]);
  const features = Object.entries(columns).filter(([name]) => !special.has(name));
  refuseUnwatched(
    features.map(([name]) => name),
    watchedNames,
    'the file',
  );
  const keys = features.map(([name]) => `${JSON.stringify(name)}:`);
  const now = new Date().toISOString();
  const latest = Date.now() + 300_000;
  const times = columns[input.time];
  const versions = columns[input.version];
  return Array.from({ length: batch.rows }, (_, row): LoggedPrediction => {
    const where = `row ${before + row + 1}`;
    const id = columns[input.id]?.values[row];
    if (id === null || id === undefined || id === '')
      throw invalid(where, `${input.id}: a prediction needs an id`);
    const said = columns[input.prediction]?.values[row];
    if (said === null || said === undefined || Number.isNaN(said))
      throw invalid(where, `${input.prediction}: it is missing`);
    const time = times === undefined ? now : timeAt(times, row, where, input.time);
    if (Date.parse(time) > latest)
      throw invalid(where, `${input.time}: ${time} lies ahead of this clock (${now})`);
    const output = outputOf(facts, numberIn(facts.classes, said), where);
    const version = versions?.values[row];
    // Written at once: to make an object of each row costs more than all else of it.
    let inputs = '';
    for (const [k, [, column]] of features.entries()) {
      const value = column.values[row];
      const text =
        value === null || value === undefined || Number.isNaN(value)
          ? 'null'
          : column.type === 'timestamp'
            ? `"${new Date(Number(value)).toISOString()}"`
            : JSON.stringify(value);
      inputs += `${k === 0 ? '' : ','}${keys[k]}${text}`;
    }
    return {
      id: String(id),
      deployment: watched.deployment,
      revision: watched.revision,
      model: watched.model,
      time,
      latencyMs: 0,
      count: 1,
      inputs: `[{${inputs}}]`,
      outputs: JSON.stringify([
        version === null || version === undefined ? output : { ...output, model_version: String(version) },
      ]),
      imputed: 0,
    };
  });
}

/** Decimals come with their digits, as texts: one that is no class and reads as a number is one. */
const numberIn = (classes: readonly string[], said: string | number | boolean): string | number | boolean =>
  typeof said === 'string' && said.trim() !== '' && !classes.includes(said) && Number.isFinite(Number(said))
    ? Number(said)
    : said;

function timeAt(column: Batch['columns'][string], row: number, where: string, name: string): string {
  const value = column.values[row];
  const ms = typeof value === 'number' && column.type === 'timestamp' ? value : Date.parse(String(value));
  if (!Number.isFinite(ms)) throw invalid(where, `${name}: "${value}" is no time`);
  return new Date(ms).toISOString();
}

async function labelsOf(ctx: Context, watched: Watched, batch: Batch, input: IngestInput): Promise<number> {
  if (input.label === undefined) return 0;
  const column = batch.columns[input.label];
  const labels = Array.from({ length: batch.rows }, (_, row) => {
    const [id, label] = [batch.columns[input.id]?.values[row], column?.values[row]];
    return label === null || label === undefined || Number.isNaN(label)
      ? []
      : [{ id: String(id), row: 0, label }];
  }).flat();
  let matched = 0;
  for (let start = 0; start < labels.length; start += MAX_LABELS)
    matched += (await receiveLabels(ctx, ctx, watched.deployment, labels.slice(start, start + MAX_LABELS)))
      .matched;
  return matched;
}

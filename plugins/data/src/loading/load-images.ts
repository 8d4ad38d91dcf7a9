import type { DatasetVersion, FloatBatch, ImageBlock, ImageLoad, LoadOptions } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { identifier } from '@trestle/tables/sql';
import { dataConfig } from '../config/data-config.ts';
import { dataError } from '../data-error.ts';
import { type DecodeThreads, openDecodeThreads } from '../image/decode-threads.ts';
import { chooseColumns } from '../version/read-batches.ts';
import { withVersionStream } from '../version/version-stream.ts';
import { readManifest } from '../version/versions.ts';
import { disposable } from './batch-memory.ts';
import { floatOf, numberColumns } from './number-columns.ts';
import { type Draw, drawsOf } from './shuffle-buffer.ts';

const BATCH_ROWS = 64;
/** Of encoded images, which are some ten times as small as their pixels. */
const BUFFER_ROWS = 2_048;

type Options = LoadOptions & { readonly images: Readonly<Record<string, ImageLoad>> };

/** A row as it is stored. */
interface StoredRow {
  /** Its place in the version, for messages. */
  readonly place: number;
  readonly numbers: readonly number[];
  /** Of each column of images, in order. */
  readonly images: readonly (string | null)[];
}

/**
 * Streams rows with images. Batches ahead of the one that is worked on are decoded in threads, one in each; memory holds those, the
 * shuffle buffer's encoded images and some thousand rows of the engine's.
 *
 * @throws TRS_DATA_UNKNOWN_COLUMN, TRS_DATA_NOT_NUMBERS, TRS_DATA_IMAGE naming the row and what is wrong with its image
 */
export async function* loadImages(
  scope: Scope,
  version: DatasetVersion,
  options: Options,
): AsyncGenerator<FloatBatch> {
  const { threads: count } = scope.config(dataConfig);
  const { batchRows = BATCH_ROWS, shuffle } = options;
  const columns = numberColumns(version, options).map(({ name }) => name);
  const stored = storedRows(scope, version, options);
  const rows = shuffle
    ? shuffledRows(stored, shuffle.bufferRows ?? BUFFER_ROWS, drawsOf(shuffle.seed))
    : stored;
  const threads = openDecodeThreads(count);
  const ahead: Promise<FloatBatch>[] = [];
  const begin = (batch: readonly StoredRow[]): void => {
    const decoded = decodeBatch(threads, version, batch, columns, options.images);
    // Whoever comes to it sees the failure; until then it is not unhandled.
    decoded.catch(() => {});
    ahead.push(decoded);
  };
  try {
    let open: StoredRow[] = [];
    for await (const row of rows) {
      open.push(row);
      if (open.length < batchRows) continue;
      begin(open);
      open = [];
      if (ahead.length > count) yield* next(ahead);
    }
    if (open.length > 0 && !options.dropLast) begin(open);
    while (ahead.length > 0) yield* next(ahead);
  } finally {
    await threads.close();
  }
}

async function* next(ahead: Promise<FloatBatch>[]): AsyncGenerator<FloatBatch> {
  const batch = ahead.shift();
  if (batch) yield await batch;
}

async function* storedRows(
  scope: Scope,
  version: DatasetVersion,
  options: Options,
): AsyncGenerator<StoredRow> {
  const names = Object.keys(options.images);
  chooseColumns(version.columns, names);
  const numbers = numberColumns(version, options).map((column) => floatOf(column, options.classes));
  const images = names.map((name) => `${identifier(name)}::VARCHAR`);
  const sql = [...numbers, ...images].join(', ');
  const manifest = await readManifest(scope, version.digest);
  let place = 0;
  const chunks = withVersionStream(scope, manifest, (engine, relation) =>
    engine.chunks(`SELECT ${sql} FROM ${relation}`),
  );
  for await (const { rows, columns } of chunks) {
    for (let row = 0; row < rows; row++) {
      const values = columns.map((column) => column[row] ?? null);
      yield {
        place: place++,
        numbers: values.slice(0, numbers.length).map(Number),
        images: values.slice(numbers.length).map((value) => (value === null ? null : String(value))),
      };
    }
  }
}

async function decodeBatch(
  threads: DecodeThreads,
  version: DatasetVersion,
  batch: readonly StoredRow[],
  columns: readonly string[],
  wanted: Options['images'],
): Promise<FloatBatch> {
  const blocks = Object.entries(wanted).map(async ([name, as], column): Promise<[string, ImageBlock]> => {
    const answer = await threads.pixels(
      batch.map((row) => row.images[column] ?? null),
      as,
    );
    if (answer.kind === 'refused') throw badImage(version, name, batch[answer.index]?.place, answer.reason);
    const { values } = answer;
    return [name, { shape: [batch.length, as.channels ?? 3, as.height, as.width], values }];
  });
  const images = Object.fromEntries(await Promise.all(blocks));
  const values = Float32Array.from(batch.flatMap((row) => row.numbers));
  return disposable({ rows: batch.length, columns, values, images }, () => {
    for (const { buffer } of [values, ...Object.values(images).map((image) => image.values)])
      if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
  });
}

const badImage = (
  { dataset, version }: DatasetVersion,
  column: string,
  row: number | undefined,
  reason: string,
) =>
  dataError('IMAGE', {
    kind: 'invalid',
    message: `Row ${row} of "${column}" in ${dataset}@${version}: ${reason}.`,
    hint: 'Give a PNG or a JPEG in each row, or leave the row out.',
    details: { row, column },
  });

/** Rows mixed as `shuffleBuffer` mixes numbers: `capacity` of them are held, and one chosen by chance goes out for each that comes. */
async function* shuffledRows<Row>(
  rows: AsyncIterable<Row>,
  capacity: number,
  draw: Draw,
): AsyncGenerator<Row> {
  const held: Row[] = [];
  for await (const row of rows) {
    if (held.length < capacity) held.push(row);
    else yield* held.splice(draw(capacity), 1, row);
  }
  while (held.length > 0) {
    const at = draw(held.length);
    const last = held.pop();
    if (last === undefined) return;
    yield at === held.length ? last : (held.splice(at, 1, last)[0] ?? last);
  }
}

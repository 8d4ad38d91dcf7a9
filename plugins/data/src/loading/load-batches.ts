import type { Column, FloatBatch, LoadOptions } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { dataError } from '../data-error.ts';
import { identifier } from '../engine/quote.ts';
import { chooseColumns } from '../version/read-batches.ts';
import { withVersionStream } from '../version/version-stream.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';
import { drawsOf, type FloatRows, shuffleBuffer } from './shuffle-buffer.ts';

const BATCH_ROWS = 1_024;
const BUFFER_ROWS = 65_536;
/** Chunks of the engine (2,048 rows) that are on their way while a batch is worked on. */
const PREFETCH = 4;

/**
 * Streams numbers of a version in batches for training. The engine decodes ahead while a batch is worked on; memory is bounded
 * by the engine's own and the shuffle buffer, however long the version is.
 *
 * @throws TRS_DATA_UNKNOWN_COLUMN, TRS_DATA_NOT_NUMBERS for a column of texts
 */
export async function* loadBatches(
  scope: Scope,
  reference: string,
  options: LoadOptions = {},
): AsyncGenerator<FloatBatch> {
  const version = await resolveVersion(scope, reference);
  const columns = chooseColumns(version.columns, options.columns);
  checkNumbers(columns);
  const width = columns.length;
  const names = columns.map((column) => column.name);
  const batchRows = options.batchRows ?? BATCH_ROWS;
  const manifest = await readManifest(scope, version.digest);
  const list = columns.map(floatOf).join(', ');
  const stream = withVersionStream(scope, manifest, (engine, relation) =>
    ahead(engine.floats(`SELECT ${list} FROM ${relation}`), PREFETCH),
  );
  const { shuffle } = options;
  const buffer = shuffle && shuffleBuffer(shuffle.bufferRows ?? BUFFER_ROWS, width, drawsOf(shuffle.seed));
  const cut = batchCutter(batchRows, width);
  for await (const chunk of stream) {
    const rows = interleaved(chunk.columns, chunk.rows);
    for (const values of cut.take(buffer ? buffer.exchange(rows) : rows))
      yield { rows: batchRows, columns: names, values };
  }
  if (buffer)
    for (const values of cut.take(buffer.drain())) yield { rows: batchRows, columns: names, values };
  const rest = cut.rest();
  if (rest.length > 0 && !options.dropLast) yield { rows: rest.length / width, columns: names, values: rest };
}

function checkNumbers(columns: readonly Column[]): void {
  const text = columns.find((column) => column.type === 'string');
  if (!text) return;
  throw dataError('NOT_NUMBERS', {
    kind: 'invalid',
    message: `The column "${text.name}" holds texts, which cannot be loaded as numbers.`,
    hint: 'Name the columns to load, or encode it first.',
    details: { column: text.name },
  });
}

function floatOf({ name, type, nulls }: Column): string {
  const column = type === 'timestamp' ? `epoch_ms(${identifier(name)})` : identifier(name);
  const float = `CAST(${column} AS FLOAT)`;
  return nulls === 0 ? float : `coalesce(${float}, 'nan'::FLOAT)`;
}

/** Columns side by side: [rows, width]. */
function interleaved(columns: readonly Float32Array[], rows: number): FloatRows {
  const width = columns.length;
  const values = new Float32Array(rows * width);
  for (const [column, from] of columns.entries())
    for (let row = 0, at = column; row < rows; row++, at += width) values[at] = from[row] ?? 0;
  return { rows, values };
}

/** Cuts a stream of rows into batches of one size. */
function batchCutter(batchRows: number, width: number) {
  const size = batchRows * width;
  let open = new Float32Array(size);
  let filled = 0;
  return {
    *take({ values }: FloatRows): Generator<Float32Array> {
      for (let at = 0; at < values.length; ) {
        const count = Math.min(size - filled, values.length - at);
        open.set(values.subarray(at, at + count), filled);
        filled += count;
        at += count;
        if (filled < size) continue;
        yield open;
        // A new one: the one before belongs to whoever got it.
        open = new Float32Array(size);
        filled = 0;
      }
    },
    rest: () => open.subarray(0, filled),
  };
}

/** Asks for the next items while one is worked on: as many as `count` are under way or wait. */
async function* ahead<T>(items: AsyncIterator<T>, count: number): AsyncGenerator<T> {
  const waiting: Promise<IteratorResult<T>>[] = [];
  const ask = (): void => {
    const next = items.next();
    // Whoever comes to it sees the failure; until then it is not unhandled.
    next.catch(() => {});
    waiting.push(next);
  };
  try {
    while (waiting.length < count) ask();
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { value, done } = await next;
      if (done) return;
      ask();
      yield value;
    }
  } finally {
    await Promise.allSettled(waiting);
    await items.return?.();
  }
}

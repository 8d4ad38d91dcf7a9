import type { FloatBatch, LoadOptions } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { withVersionStream } from '../version/version-stream.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';
import { batchMemory } from './batch-memory.ts';
import { loadImages } from './load-images.ts';
import { floatOf, numberColumns } from './number-columns.ts';
import { drawsOf, shuffleBuffer } from './shuffle-buffer.ts';

const BATCH_ROWS = 1_024;
const BUFFER_ROWS = 65_536;

/**
 * Streams numbers of a version in batches for training. The engine decodes ahead while a batch is worked on; memory is bounded
 * by the engine's own and the shuffle buffer, however long the version is.
 *
 * @throws TRS_DATA_UNKNOWN_COLUMN, TRS_DATA_NOT_NUMBERS for a column of texts, TRS_DATA_IMAGE
 */
export async function* loadBatches(
  scope: Scope,
  reference: string,
  options: LoadOptions = {},
): AsyncGenerator<FloatBatch> {
  const version = await resolveVersion(scope, reference);
  if (options.images) return yield* loadImages(scope, version, { ...options, images: options.images });
  const columns = numberColumns(version, options);
  const width = columns.length;
  const names = columns.map((column) => column.name);
  const batchRows = options.batchRows ?? BATCH_ROWS;
  const manifest = await readManifest(scope, version.digest);
  const list = columns.map((column) => floatOf(column, options.classes)).join(', ');
  const { shuffle } = options;
  const buffer = shuffle && shuffleBuffer(shuffle.bufferRows ?? BUFFER_ROWS, width, drawsOf(shuffle.seed));
  const memory = batchMemory(names, batchRows);
  let [open, filled] = [memory.take(), 0];
  const full = (): FloatBatch => {
    const batch = memory.batch(open, filled);
    [open, filled] = [memory.take(), 0];
    return batch;
  };
  const chunks = withVersionStream(scope, manifest, (engine, relation) =>
    engine.floats(`SELECT ${list} FROM ${relation}`),
  );
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.rows; ) {
      const count = Math.min(batchRows - filled, chunk.rows - from);
      if (buffer) filled += buffer.exchange(chunk.columns, from, count, open, filled);
      else {
        interleave(chunk.columns, from, count, open, filled);
        filled += count;
      }
      from += count;
      if (filled === batchRows) yield full();
    }
  }
  for (let given = 1; buffer && given > 0; ) {
    given = buffer.drain(batchRows - filled, open, filled);
    filled += given;
    if (filled === batchRows) yield full();
  }
  if (filled > 0 && !options.dropLast) yield memory.batch(open, filled);
}

/** Puts `count` rows of columns side by side into [rows, columns], from its row `at` on. */
function interleave(
  columns: readonly Float32Array[],
  from: number,
  count: number,
  out: Float32Array,
  at: number,
): void {
  const width = columns.length;
  for (const [column, values] of columns.entries())
    for (let row = 0, to = at * width + column; row < count; row++, to += width)
      out[to] = values[from + row] ?? 0;
}

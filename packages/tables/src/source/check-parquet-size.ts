import { stat } from 'node:fs/promises';
import { dataError } from '../data-error.ts';
import type { Engine } from '../engine/engine.ts';
import { literal } from '../engine/quote.ts';
import type { LocalSource } from './local-source.ts';

/** As with archives: what grows more than this many times, beyond the free part, was made to keep a machine busy. */
const MAX_VALUES_PER_BYTE = 1_000;
const FREE_VALUES = 100_000_000;

/** A few bytes of Parquet can stand for any number of equal rows. @throws TRS_DATA_TOO_LARGE */
export async function checkParquetSize(
  engine: Engine,
  { path, shown }: LocalSource,
  columns: number,
): Promise<void> {
  const [found] = await engine.rows(`SELECT num_rows AS n FROM parquet_file_metadata(${literal(path)})`);
  const values = Number(found?.n ?? 0) * columns;
  const { size } = await stat(path);
  if (values <= Math.max(FREE_VALUES, size * MAX_VALUES_PER_BYTE)) return;
  throw dataError('TOO_LARGE', {
    kind: 'too-large',
    message: `"${shown}" holds ${Number(found?.n)} rows of ${columns} columns in ${size} bytes.`,
    hint: 'Few bytes that stand for that many values keep a machine busy. If they are meant so, add them in several files.',
    details: { values, size },
  });
}

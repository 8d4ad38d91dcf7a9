import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ready } from '../runner/comparison.ts';
import { writeFlights } from './duckdb.ts';

export type Format = 'parquet' | 'csv';

/** A side that works on a file of flights in a folder of its own, which goes when the side is closed. */
export async function withFlights(
  rows: number,
  format: Format,
  open: (path: string, dir: string) => Promise<Ready>,
): Promise<Ready> {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-bench-flights-'));
  const path = join(dir, `flights.${format}`);
  await writeFlights(path, rows);
  const ready = await open(path, dir);
  return {
    measure: () => ready.measure(),
    async close() {
      await ready.close?.();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

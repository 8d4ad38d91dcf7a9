import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dataAdd, dataProfile } from '@trestle/plugin-data';
import type { Comparison } from '../runner/comparison.ts';
import { openDuck } from './duckdb.ts';
import { inFreshProject, timeOf } from './fresh-project.ts';
import { type Format, withFlights } from './with-flights.ts';

/** `data add`, and `data profile` of what was added: the digests of source and parts, and every fsync, are in it. */
const adding = (rows: number, format: Format) =>
  withFlights(rows, format, async (path) => ({
    measure: () =>
      inFreshProject(async (host) => {
        const add = await timeOf(() => host.run(dataAdd, { path, name: 'flights' }, { surface: 'cli' }));
        const profile = await timeOf(() => host.run(dataProfile, { name: 'flights' }));
        return { add, both: add + profile };
      }),
  }));

/** The same file copied into the same kind of Parquet by DuckDB, which hashes nothing and waits for no disk. */
const copying = (rows: number, format: Format) =>
  withFlights(rows, format, async (path, dir) => {
    const duck = await openDuck();
    const to = join(dir, 'copy.parquet');
    return {
      async measure() {
        const ms = await duck.timeOf(`COPY (FROM '${path}') TO '${to}' (FORMAT parquet, COMPRESSION zstd)`);
        await rm(to);
        return { add: ms, both: ms };
      },
      close: () => duck.close(),
    };
  });

const COPY = "DuckDB's copy";

/** Three million flights from a file into a new dataset, beside DuckDB's own copy of the file. */
export function addComparisons(isQuick: boolean): readonly Comparison[] {
  const rows = isQuick ? 200_000 : 3_000_000;
  const row = (name: string, reading: string, atMost: number) => ({
    name,
    reading,
    unit: 'ms',
    better: 'lower' as const,
    target: { over: COPY, atMost },
  });
  return [
    {
      rows: [
        row('add a Parquet, digests included', 'add', 1.5),
        row('add a Parquet and profile it, digests included', 'both', 3),
      ],
      ours: () => adding(rows, 'parquet'),
      peers: { [COPY]: () => copying(rows, 'parquet') },
    },
    {
      rows: [row('add a CSV, digests included', 'add', 1.5)],
      ours: () => adding(rows, 'csv'),
      peers: { [COPY]: () => copying(rows, 'csv') },
    },
  ];
}

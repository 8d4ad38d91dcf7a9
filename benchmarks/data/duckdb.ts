import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** Three million flights in five columns. */
export const FLIGHTS = join(
  dirname(fileURLToPath(import.meta.resolve('vega-datasets'))),
  '..',
  'data',
  'flights-3m.parquet',
);

/** As many threads as `data.threads` gives our engine when nothing is configured. */
const THREADS = '2';

/** DuckDB by itself, without anything of ours. */
export interface Duck {
  readonly connection: DuckDBConnection;
  /** The milliseconds until a statement's whole result is there. */
  timeOf(sql: string): Promise<number>;
  close(): void;
}

export async function openDuck(): Promise<Duck> {
  const instance = await DuckDBInstance.create(':memory:', { threads: THREADS });
  const connection = await instance.connect();
  return {
    connection,
    async timeOf(sql) {
      const startedAt = performance.now();
      await connection.runAndReadAll(sql);
      return performance.now() - startedAt;
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Some of the flights as a file of their own, Parquet or CSV as its name says. */
export async function writeFlights(path: string, rows: number): Promise<void> {
  const duck = await openDuck();
  const format = path.endsWith('.csv') ? 'FORMAT csv' : 'FORMAT parquet, COMPRESSION zstd';
  await duck.connection.run(`COPY (SELECT * FROM '${FLIGHTS}' LIMIT ${rows}) TO '${path}' (${format})`);
  duck.close();
}

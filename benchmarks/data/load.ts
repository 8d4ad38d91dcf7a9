import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { DuckDBInstance } from '@duckdb/node-api';
import { datasetsToken } from '@trestle/contracts';
import { tensor } from '@trestle/core';
import { openHost } from '@trestle/kernel';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { storePlugin } from '@trestle/store';
import type { Comparison, Ready, Row } from '../runner/comparison.ts';
import { FLIGHTS } from './duckdb.ts';

const BATCH_ROWS = 1_024;
/** Ten numbers of each flight. */
const COLUMNS = {
  delay: 'delay::DOUBLE',
  distance: 'distance::DOUBLE',
  hour: 'hour(date)::DOUBLE',
  weekday: 'dayofweek(date)::DOUBLE',
  day: 'dayofyear(date)::DOUBLE',
  perMile: 'delay / greatest(distance, 1)',
  logDistance: 'ln(distance + 1)',
  isLate: 'delay > 15',
  wholeDelay: 'delay::BIGINT',
  wholeDistance: 'distance::BIGINT',
};

interface Way {
  readonly shuffle?: boolean;
  /** Tensors and batches are left to the collector. */
  readonly keepsMemory?: boolean;
}

/** A project with the ten columns as a dataset, and its Parquet file. */
async function flights(rows: number) {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-bench-data-'));
  const path = join(dir, 'flights.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const list = Object.entries(COLUMNS).map(([name, sql]) => `${sql} AS ${name}`);
  await connection.run(
    `COPY (SELECT ${list.join(', ')} FROM '${FLIGHTS}' LIMIT ${rows}) TO '${path}' (FORMAT parquet, COMPRESSION zstd)`,
  );
  connection.closeSync();
  instance.closeSync();
  return { dir, path };
}

async function loading(rows: number, { shuffle = false, keepsMemory = false }: Way): Promise<Ready> {
  const { dir, path } = await flights(rows);
  const host = await openHost({ projectDir: dir, plugins: [storePlugin, dataPlugin], cwd: dir });
  await host.run(dataAdd, { path, name: 'flights' }, { surface: 'cli' });
  const datasets = await host.service(datasetsToken);
  return {
    async measure() {
      globalThis.gc?.();
      const before = process.memoryUsage.rss();
      let [seen, peak] = [0, before];
      const startedAt = performance.now();
      for await (const batch of datasets.load('flights', {
        batchRows: BATCH_ROWS,
        ...(shuffle ? { shuffle: { seed: 1 } } : {}),
      })) {
        const x = tensor(batch.values, { shape: [batch.rows, batch.columns.length] });
        seen += x.shape[0] ?? 0;
        if (!keepsMemory) for (const used of [x, batch]) used.dispose();
        if (seen % (BATCH_ROWS * 256) === 0) peak = Math.max(peak, process.memoryUsage.rss());
      }
      const seconds = (performance.now() - startedAt) / 1_000;
      if (seen !== rows) throw new Error(`${seen} rows came instead of ${rows}.`);
      return { rate: seen / seconds / 1e6, peak: peak / 2 ** 20 };
    },
    async close() {
      await host.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What the engine alone needs to decode the same columns: no value leaves it. */
async function decoding(rows: number): Promise<Ready> {
  const { dir, path } = await flights(rows);
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const sums = Object.keys(COLUMNS).map((name) => `sum(${name}::FLOAT)`);
  return {
    async measure() {
      const startedAt = performance.now();
      await connection.runAndReadAll(`SELECT ${sums.join(', ')} FROM '${path}'`);
      return {
        rate: rows / (performance.now() - startedAt) / 1e3,
        peak: process.memoryUsage.rss() / 2 ** 20,
      };
    },
    async close() {
      connection.closeSync();
      instance.closeSync();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Streams 3 million rows x 10 columns into tensors of batches of 1,024. */
export function loadComparisons(isQuick: boolean): readonly Comparison[] {
  const rows = isQuick ? 200_000 : 3_000_000;
  const comparison = (name: string, way: Way, target?: Row['target']): Comparison => ({
    rows: [
      {
        name,
        reading: 'rate',
        unit: 'M rows/s',
        better: 'higher',
        ...(target ? { target } : {}),
      },
      {
        name: `${name}: memory`,
        reading: 'peak',
        unit: 'MiB',
        better: 'lower',
        target: { over: 'itself', atMost: 512 },
      },
    ],
    ours: () => loading(rows, way),
    peers: { 'DuckDB, decoding alone': () => decoding(rows) },
  });
  return [
    comparison('load into tensors', {}, { over: 'itself', atLeast: 5 }),
    comparison('load, shuffled', { shuffle: true }),
    comparison('load, nothing disposed of', { keepsMemory: true }),
  ];
}

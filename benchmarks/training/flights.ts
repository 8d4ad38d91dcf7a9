import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { DuckDBInstance } from '@duckdb/node-api';
import { FLIGHTS } from '../data/duckdb.ts';

/** Columns of the design: numbers, and where the two airports stand among those with the most flights. */
export const COLUMNS = ['hour', 'minute', 'weekday', 'month', 'distance', 'origin', 'destination'] as const;
const AIRPORTS = 250;
/** Of each column how many categories it has; 0 of numbers. */
export const CATEGORIES = [0, 0, 0, 0, 0, AIRPORTS + 1, AIRPORTS + 1];

/** Flights as an estimator has them, and as a file that another process reads. */
export interface FlightsDesign {
  readonly rows: number;
  /** The first rows are learnt from. */
  readonly train: number;
  /** [rows, columns] */
  readonly matrix: Float32Array;
  /** Whether a flight was more than a quarter of an hour late. */
  readonly targets: Float32Array;
  /** The matrix, and behind it the targets, as float32. */
  readonly path: string;
  remove(): Promise<void>;
}

/** Some of the flights, drawn evenly; four fifths to learn from. */
export async function flightsDesign(rows: number): Promise<FlightsDesign> {
  // What several threads draw is not the same twice.
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const place = (column: string): string =>
    `coalesce((SELECT place FROM airports WHERE airport = ${column}), ${AIRPORTS})`;
  await connection.run(`
    CREATE TABLE airports AS
      SELECT origin AS airport, row_number() OVER (ORDER BY count(*) DESC, origin) - 1 AS place
      FROM '${FLIGHTS}' GROUP BY origin ORDER BY place LIMIT ${AIRPORTS};
    CREATE TABLE flights AS
      SELECT hour(date), minute(date), dayofweek(date), month(date), distance, ${place('origin')}, ${place('destination')},
        delay > 15 FROM (SELECT * FROM '${FLIGHTS}' WHERE delay IS NOT NULL USING SAMPLE reservoir(${rows} ROWS) REPEATABLE (7));`);
  const read = await connection.runAndReadAll('SELECT * FROM flights');
  const columns = read.getColumns();
  connection.closeSync();
  instance.closeSync();
  const width = COLUMNS.length;
  const matrix = new Float32Array(rows * width);
  for (let column = 0; column < width; column++)
    for (let row = 0; row < rows; row++) matrix[row * width + column] = Number(columns[column]?.[row]);
  const targets = Float32Array.from(columns[width] ?? [], Number);
  const path = join(tmpdir(), `trestle-bench-flights-${process.pid}-${rows}.bin`);
  await writeFile(path, new Uint8Array(matrix.buffer));
  await writeFile(path, new Uint8Array(targets.buffer), { flag: 'a' });
  return {
    rows,
    train: Math.floor(rows * 0.8),
    matrix,
    targets,
    path,
    remove: () => rm(path, { force: true }),
  };
}

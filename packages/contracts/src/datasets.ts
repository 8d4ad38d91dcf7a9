import { type Actor, type Context, token } from '@trestle/kernel';
import { z } from 'zod';
import type { Batch } from './batch.ts';

export const columnTypeSchema = z.enum(['number', 'integer', 'string', 'boolean', 'timestamp']);
export type ColumnType = z.infer<typeof columnTypeSchema>;

export const columnSchema = z.object({ name: z.string(), type: columnTypeSchema, nulls: z.number() });
export type Column = z.infer<typeof columnSchema>;

export const datasetVersionSchema = z.object({
  dataset: z.string(),
  version: z.number().int(),
  /** SHA-256 (hex) of the version's manifest. */
  digest: z.string(),
  rows: z.number().int(),
  columns: z.array(columnSchema),
  createdAt: z.string(),
  /** Where it came from, for a person: a path, a URL, an operation. */
  source: z.string(),
});
export type DatasetVersion = z.infer<typeof datasetVersionSchema>;

export interface ReadOptions {
  /** Only these columns; all when left out. */
  readonly columns?: readonly string[];
  /** Ascending by this column (missing values last); the order of adding when left out. */
  readonly orderBy?: string;
  /** Rows per batch; 8,192 when left out. */
  readonly batchRows?: number;
}

/** Immutable, versioned tables. Provided by the data plugin. */
export interface Datasets {
  /** @throws TRS_DATA_UNKNOWN_DATASET, TRS_DATA_UNKNOWN_VERSION */
  resolve(reference: string): Promise<DatasetVersion>;
  /** Streams a version; memory is bounded by the batch. */
  read(reference: string, options?: ReadOptions): AsyncIterable<Batch>;
  /** Streams the rows of a file that a caller names (CSV, JSON, Parquet, …) without keeping them. */
  readFile(ctx: Context, path: string): AsyncIterable<Batch>;
  /** Adds rows that the program made (monitoring's labelled traffic) as a new version. */
  addRows(
    actor: Actor,
    options: {
      readonly name: string;
      /** The version to append to; a version of these rows alone when left out. */
      readonly appendTo?: string;
      readonly rows: AsyncIterable<Readonly<Record<string, unknown>>>;
      readonly source: string;
      /** What the rows were made from, for lineage (`deployment:strikes@3`). */
      readonly madeFrom?: readonly string[];
    },
  ): Promise<DatasetVersion>;
}

export const datasetsToken = token<Datasets>('data.datasets');

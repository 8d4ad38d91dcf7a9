import { type Actor, type Context, token } from '@trestle/kernel/spec';
import {
  type Batch,
  type ColumnType,
  columnTypeSchema,
  storedTypeSchema,
  type TableSketch,
} from '@trestle/statistics';
import { z } from 'zod';

export const columnSchema = z.object({
  name: z.string(),
  type: columnTypeSchema,
  nulls: z.number(),
  /** Its values are kept so, exactly; in the usual way of its type when left out. */
  stored: storedTypeSchema.optional(),
  /** A fact of the file that a row was made of (its name, its size), not of what it shows: no feature unless one is declared. */
  about: z.literal('file').optional(),
});
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
  /** Why its record cannot be read: then it has no columns here, and cannot be used. */
  unreadable: z.string().optional(),
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

export interface LoadOptions {
  /** Only these columns, in this order; all but the images when left out. Texts cannot be loaded, but as `classes`. */
  readonly columns?: readonly string[];
  /** Texts as their places in a list: { label: ['crow', 'gull'] } gives 0 and 1, and NaN for any other. */
  readonly classes?: Readonly<Record<string, readonly string[]>>;
  /** Columns of PNGs and JPEGs in base64, decoded, and what is made of them. */
  readonly images?: Readonly<Record<string, ImageLoad>>;
  /** Rows per batch; 1,024 when left out, 64 with images. */
  readonly batchRows?: number;
  /** Mixes rows through a bounded buffer: the same order for the same seed; 65,536 rows when left out, 2,048 with images. */
  readonly shuffle?: { readonly seed: number; readonly bufferRows?: number };
  /** Leaves out a last batch that is not full, so that every batch has one shape. */
  readonly dropLast?: boolean;
}

/** An image of any size as numbers: brought to one size, linearly and with antialiasing, as a model's image feature does it. */
export interface ImageLoad {
  readonly height: number;
  readonly width: number;
  /** 1 for grey, 3 for red, green and blue, which it is when left out. */
  readonly channels?: 1 | 3;
  /** What pixels from 0 to 1 are normalised by, channel by channel; they stay so when left out. */
  readonly normalise?: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
}

/** Images of a batch, ready for a tensor. */
export interface ImageBlock {
  /** [rows, channels, height, width] */
  readonly shape: readonly [number, number, number, number];
  readonly values: Float32Array;
}

/** Some rows as float32, for tensors. Missing values are NaN, truths 0 and 1, times milliseconds since 1970 (rounded). */
export interface FloatBatch extends Disposable {
  readonly rows: number;
  readonly columns: readonly string[];
  /** [rows, columns] in row-major order. */
  readonly values: Float32Array;
  /** By column: those that `images` names. */
  readonly images: Readonly<Record<string, ImageBlock>>;
  /** Gives the memory to a batch that is still to come: all values are gone from then on. Nothing has to be disposed of. */
  dispose(): void;
}

/** A column that alone nearly tells another one. */
export interface Leak {
  readonly column: string;
  /** How well, above the best guess without it: 0 not at all, 1 always. */
  readonly score: number;
}

/** Immutable, versioned tables. Provided by the data plugin. */
export interface Datasets {
  /** @throws TRS_DATA_UNKNOWN_DATASET, TRS_DATA_UNKNOWN_VERSION */
  resolve(reference: string): Promise<DatasetVersion>;
  /** What the values of a version are like. Rows are read where no sketch of theirs is kept yet, and only then. */
  sketch(reference: string): Promise<TableSketch>;
  /**
   * Columns that alone nearly tell another one, the surest first, with how well: 0 not above the best guess without it, 1 always.
   * Of a sample of the rows.
   */
  leaks(reference: string, target: string, signal: AbortSignal): Promise<readonly Leak[]>;
  /** Streams a version; memory is bounded by the batch. */
  read(reference: string, options?: ReadOptions): AsyncIterable<Batch>;
  /** Streams numbers and images for training, decoded ahead of the batch that is worked on; memory does not grow with the rows. */
  load(reference: string, options?: LoadOptions): AsyncIterable<FloatBatch>;
  /**
   * Streams the rows of a file that a caller names (CSV, JSON, Parquet, …) without keeping them. Columns that `types` names are of
   * those types, whatever they look like: texts stand as they were written. @throws TRS_DATA_BAD_ROWS where one does not fit
   */
  readFile(
    ctx: Context,
    path: string,
    options?: {
      readonly types?: ReadonlyMap<string, ColumnType>;
      /** What the other columns are where `types` names some: texts (when left out), or what they look like. */
      readonly others?: 'texts' | 'inferred';
      /** Told what a person is to know of how the file was read. */
      readonly onNote?: (note: string) => void;
      /** `skip`: lines that do not fit are left out, and told as a note; they fail the file when left out. */
      readonly badRows?: 'refuse' | 'skip';
    },
  ): AsyncIterable<Batch>;
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
  /** Takes a version out of the list, as if it had never been added; its number is not given again. */
  retire(actor: Actor, reference: string): Promise<void>;
}

export const datasetsToken = token<Datasets>('data.datasets');

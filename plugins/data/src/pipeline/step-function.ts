import type { Batch, ColumnType } from '@trestle/contracts';
import type { Tensor } from '@trestle/core';

export type Types = Readonly<Record<string, ColumnType>>;

interface ValueOf {
  number: number;
  integer: number;
  string: string;
  boolean: boolean;
  /** Milliseconds since 1970, UTC. */
  timestamp: number;
}

/** A row as a function sees it: missing values are null, times are milliseconds since 1970. */
export type RowOf<T extends Types> = { readonly [Name in keyof T]: ValueOf[T[Name]] | null };

export type StepParams = Readonly<Record<string, string | number | boolean>>;

type Awaitable<T> = T | Promise<T>;

interface Typed<In extends Types, Out extends Types> {
  /** The columns that are read, with their types. */
  readonly reads: In;
  /** The columns that come out, with their types. */
  readonly writes: Out;
}

export interface RowStep<In extends Types = Types, Out extends Types = Types> extends Typed<In, Out> {
  readonly kind: 'rows';
  /** One row in; a row, several, or none (null) out. */
  readonly run: (
    row: RowOf<In>,
    params: StepParams,
  ) => Awaitable<RowOf<Out> | readonly RowOf<Out>[] | null | undefined>;
}

export interface BatchStep<In extends Types = Types, Out extends Types = Types> extends Typed<In, Out> {
  readonly kind: 'batches';
  /** Columns in, columns out: a list or typed array for each column of `writes`, all of one length. */
  readonly run: (
    batch: Batch,
    params: StepParams,
  ) => Awaitable<{ readonly [Name in keyof Out]: ArrayLike<ValueOf[Out[Name]] | null> }>;
}

/** Types of which there are tensors: as float32, in which whole numbers are exact up to 16,777,216. */
export type TensorTypes = Readonly<Record<string, 'number' | 'integer' | 'boolean'>>;

export interface TensorStep<In extends TensorTypes = TensorTypes, Out extends TensorTypes = TensorTypes>
  extends Typed<In, Out> {
  readonly kind: 'tensors';
  /**
   * Float32 tensors in, one for each column, of shape [rows]: missing values are NaN, truths 1 and 0. Tensors out, one for
   * each column of `writes`, of one axis and one length.
   */
  readonly run: (
    columns: { readonly [Name in keyof In]: Tensor },
    params: StepParams,
  ) => Awaitable<{ readonly [Name in keyof Out]: Tensor }>;
}

/** A step whose function takes one row at a time. */
export const rowStep = <const In extends Types, const Out extends Types>(
  step: Omit<RowStep<In, Out>, 'kind'>,
): RowStep<In, Out> => ({ kind: 'rows', ...step });

/** A step whose function takes a batch of columns at a time. */
export const batchStep = <const In extends Types, const Out extends Types>(
  step: Omit<BatchStep<In, Out>, 'kind'>,
): BatchStep<In, Out> => ({ kind: 'batches', ...step });

/** A step whose function computes with tensors of `@trestle/core`, also in kernels of one's own (`@trestle/gpujs`). */
export const tensorStep = <const In extends TensorTypes, const Out extends TensorTypes>(
  step: Omit<TensorStep<In, Out>, 'kind'>,
): TensorStep<In, Out> => ({ kind: 'tensors', ...step });

import { random, type Tensor } from '@trestle/core';
import { axisLength } from './axis-length.ts';
import type { InitOptions } from './initialize.ts';

/** Parameters of an embedding. */
export interface EmbeddingParameters {
  readonly [name: string]: Tensor;
  /** [count, features] */
  readonly table: Tensor;
}

/** A table of `count` rows, normal with variance 1. */
export const initEmbedding = (
  key: random.Key,
  count: number,
  features: number,
  options: InitOptions = {},
): EmbeddingParameters => ({ table: random.normal(key, [count, features], options) });

/**
 * Rows of the table: [...] -> [..., features]. An index out of range gives zeros.
 *
 * @param indices int32, of any rank
 * @throws TRS_NN_SHAPE when the table is no matrix
 */
export const embedding = ({ table }: EmbeddingParameters, indices: Tensor): Tensor =>
  table
    .gather(indices.reshape([indices.size]))
    .reshape([...indices.shape, axisLength(table, 1, 'embedding: a table')]);

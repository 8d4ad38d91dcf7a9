import { arange, random, type Tensor, where, zeros } from '@trestle/core';
import { invariant } from '../invariant.ts';
import { NnError } from '../nn-error.ts';
import { axisLength } from './axis-length.ts';
import { type InitOptions, xavierUniform } from './initialize.ts';
import { type LinearParameters, linear } from './linear.ts';

export interface MaskOptions {
  /** bool, [..., queries, keys] or what stretches to it: true where a query may look. */
  readonly mask?: Tensor;
  /** Whether a query sees only keys up to its own place. */
  readonly isCausal?: boolean;
}

/**
 * Weighted means of the values, by how well keys fit queries: softmax(q kᵀ / √d) v (Vaswani et al. 2017). A query that may look
 * at nothing gets the mean of all values.
 *
 * @param query [..., queries, d]
 * @param key [..., keys, d]
 * @param value [..., keys, e]
 * @returns [..., queries, e]
 */
export function attend(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  { mask, isCausal = false }: MaskOptions = {},
): Tensor {
  const axes = [...key.shape.keys()];
  const turned = key.transpose([...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
  let scores = query.mul(1 / Math.sqrt(axisLength(query, -1, 'attention: a query'))).matmul(turned);
  // Large, yet finite: a row of nothing but -Infinity has no softmax.
  const hide = (isSeen: Tensor): Tensor => where(isSeen, scores, -1e30);
  if (isCausal) {
    const [queries = 1, keys = 1] = scores.shape.slice(-2);
    const places = (count: number): Tensor => arange(count, { dtype: 'int32', device: scores.device });
    scores = hide(places(keys).lessEqual(places(queries).reshape([queries, 1])));
  }
  if (mask) scores = hide(mask);
  return scores.softmax(-1).matmul(value);
}

/** Parameters of attention: dense layers in front of the heads, and one behind. */
export type AttentionParameters = Readonly<Record<'query' | 'key' | 'value' | 'output', LinearParameters>>;

/** Weights by `xavierUniform`, biases zero. */
export function initAttention(
  key: random.Key,
  features: number,
  options: InitOptions = {},
): AttentionParameters {
  const keys = random.split(key, 4);
  const layer = (index: number): LinearParameters => ({
    weight: xavierUniform(invariant(keys[index], 'a key'), [features, features], features, features, options),
    bias: zeros([features], options),
  });
  return { query: layer(0), key: layer(1), value: layer(2), output: layer(3) };
}

export interface AttentionOptions extends MaskOptions {
  /** How many heads share the features, each with as many. */
  readonly heads: number;
  /** [n, keys, features]: what is looked at, where it is not the input itself. */
  readonly context?: Tensor;
}

/**
 * Attention of several heads: [n, queries, features] -> [n, queries, features].
 *
 * @throws TRS_NN_HEADS when the features do not fall into so many heads
 */
export function attention(
  parameters: AttentionParameters,
  x: Tensor,
  { heads, context = x, ...masks }: AttentionOptions,
): Tensor {
  const [batch = 1, length = 1, features = 1] = x.shape;
  if (!Number.isInteger(heads) || heads < 1 || features % heads !== 0) {
    throw new NnError(
      'HEADS',
      `attention: ${features} features do not fall into ${heads} heads.`,
      'Take a number of heads that divides the features.',
    );
  }
  const split = (t: Tensor): Tensor =>
    t
      .reshape([batch, axisLength(t, 1, 'attention: a sequence'), heads, features / heads])
      .transpose([0, 2, 1, 3]);
  const seen = attend(
    split(linear(parameters.query, x)),
    split(linear(parameters.key, context)),
    split(linear(parameters.value, context)),
    masks,
  );
  return linear(parameters.output, seen.transpose([0, 2, 1, 3]).reshape([batch, length, features]));
}

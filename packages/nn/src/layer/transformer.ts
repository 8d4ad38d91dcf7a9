import { gelu, random, type Tensor } from '@trestle/core';
import { type AttentionOptions, type AttentionParameters, attention, initAttention } from './attention.ts';
import { dropout } from './dropout.ts';
import type { InitOptions } from './initialize.ts';
import { initLinear, type LinearParameters, linear } from './linear.ts';
import { initNorm, layerNorm, type NormParameters } from './normalization.ts';

/** Parameters of a transformer block. */
export type TransformerBlockParameters = {
  readonly attentionNorm: NormParameters;
  readonly attention: AttentionParameters;
  readonly mlpNorm: NormParameters;
  /** [features, hidden] */
  readonly expand: LinearParameters;
  /** [hidden, features] */
  readonly contract: LinearParameters;
};

/** `hidden` is the width between the two dense layers; four times the features when left out. */
export function initTransformerBlock(
  key: random.Key,
  features: number,
  { hidden = 4 * features, ...options }: InitOptions & { readonly hidden?: number } = {},
): TransformerBlockParameters {
  const [first = key, second = key, third = key] = random.split(key, 3);
  return {
    attentionNorm: initNorm(features, options),
    attention: initAttention(first, features, options),
    mlpNorm: initNorm(features, options),
    expand: initLinear(second, features, hidden, options),
    contract: initLinear(third, hidden, features, options),
  };
}

export interface TransformerBlockOptions extends Omit<AttentionOptions, 'context'> {
  /** In training: a share of what the attention and the dense layers add is dropped. */
  readonly dropout?: { readonly key: random.Key; readonly rate: number };
}

/**
 * Attention and two dense layers with `gelu`, each behind a normalisation and around a residual connection (Vaswani et al. 2017;
 * normalised before, Xiong et al. 2020): [n, length, features] -> [n, length, features].
 */
export function transformerBlock(
  parameters: TransformerBlockParameters,
  x: Tensor,
  { dropout: dropped, ...options }: TransformerBlockOptions,
): Tensor {
  const keys = dropped ? random.split(dropped.key) : [];
  const thin = (t: Tensor, index: number): Tensor => {
    const key = keys[index];
    return dropped && key ? dropout(key, t, dropped.rate) : t;
  };
  const seen = attention(parameters.attention, layerNorm(parameters.attentionNorm, x), options);
  const h = x.add(thin(seen, 0));
  const hidden = gelu(linear(parameters.expand, layerNorm(parameters.mlpNorm, h)));
  return h.add(thin(linear(parameters.contract, hidden), 1));
}

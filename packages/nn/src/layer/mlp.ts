import { random, type Tensor } from '@trestle/core';
import { invariant } from '../invariant.ts';
import type { InitOptions } from './initialize.ts';
import { initLinear, type LinearParameters, linear } from './linear.ts';

/** Dense layers with rectified units between them. `sizes` are the widths from input to output. */
export function initMlp(
  key: random.Key,
  sizes: readonly number[],
  options: InitOptions = {},
): readonly LinearParameters[] {
  const keys = random.split(key, Math.max(1, sizes.length - 1));
  return keys
    .slice(0, sizes.length - 1)
    .map((one, layer) =>
      initLinear(
        one,
        invariant(sizes[layer], 'the width before a layer'),
        invariant(sizes[layer + 1], 'the width behind a layer'),
        options,
      ),
    );
}

/** [rows, sizes[0]] -> [rows, sizes.at(-1)]: raw scores. */
export const mlp = (layers: readonly LinearParameters[], x: Tensor): Tensor =>
  layers.reduce(
    (h, layer, index) => (index === layers.length - 1 ? linear(layer, h) : linear(layer, h).relu()),
    x,
  );

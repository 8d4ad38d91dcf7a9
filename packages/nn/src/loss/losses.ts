import { arange, type Tensor, where } from '@trestle/core';

/**
 * Mean binary cross-entropy of raw scores, in the form that does not overflow: max(x, 0) - x y + log(1 + e^-|x|).
 *
 * @param logits [rows]
 * @param targets [rows], 0 or 1
 */
export function binaryCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const tail = logits.abs().neg().exp().add(1).log();
  return logits.relu().sub(logits.mul(targets)).add(tail).mean();
}

export interface CrossEntropyOptions {
  /** The share of certainty, in [0, 1), that is spread over all classes (Szegedy et al. 2016). */
  readonly labelSmoothing?: number;
}

/**
 * Mean cross-entropy of raw scores.
 *
 * @param logits [rows, classes]
 * @param labels [rows], int32 class indices
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  { labelSmoothing = 0 }: CrossEntropyOptions = {},
): Tensor {
  const classes = logits.shape[1] ?? 1;
  const wanted = labels
    .reshape([-1, 1])
    .equal(arange(classes, { dtype: 'int32', device: logits.device }).reshape([1, classes]));
  const target = labelSmoothing === 0 ? wanted : wanted.mul(1 - labelSmoothing).add(labelSmoothing / classes);
  return logits.logSoftmax(1).mul(target).sum(1).mean().neg();
}

/** Mean squared error. Both [rows]. */
export function meanSquaredError(predictions: Tensor, targets: Tensor): Tensor {
  const error = predictions.sub(targets);
  return error.mul(error).mean();
}

/**
 * Mean of half the squared errors where they are below `delta`, and of a line beyond, which outliers pull less (Huber 1964).
 * Both [rows].
 */
export function huber(
  predictions: Tensor,
  targets: Tensor,
  { delta = 1 }: { readonly delta?: number } = {},
): Tensor {
  const size = predictions.sub(targets).abs();
  return where(size.less(delta), size.mul(size).mul(0.5), size.sub(delta / 2).mul(delta)).mean();
}

import { arange, softplus, type Tensor, where } from '@trestle/core';
import { NnError } from '../nn-error.ts';

/**
 * Mean binary cross-entropy of raw scores, as log(1 + e^x) - x y, which does not overflow.
 *
 * @param logits [rows]
 * @param targets [rows], 0 to 1
 */
export const binaryCrossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  softplus(logits).sub(logits.mul(targets)).mean();

export interface CrossEntropyOptions {
  /** The share of certainty, in [0, 1), that is spread over all classes (Szegedy et al. 2016). */
  readonly labelSmoothing?: number;
}

/**
 * Mean cross-entropy of raw scores, over the rows whose label is a class: others (-1, PyTorch's -100) are left out, also of the
 * mean, which is NaN when none is left.
 *
 * @param logits [rows, classes]
 * @param labels [rows], int32 class indices
 * @throws TRS_NN_LOGITS when the scores are not [rows, classes]
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  { labelSmoothing = 0 }: CrossEntropyOptions = {},
): Tensor {
  const [, classes] = logits.shape;
  if (classes === undefined || logits.rank !== 2) {
    throw new NnError(
      'LOGITS',
      `crossEntropy: scores of shape [${logits.shape.join(', ')}] are not [rows, classes].`,
      'Reshape them, one row for each label.',
    );
  }
  const wanted = labels
    .reshape([-1, 1])
    .equal(arange(classes, { dtype: 'int32', device: logits.device }).reshape([1, classes]));
  const target = labelSmoothing === 0 ? wanted : wanted.mul(1 - labelSmoothing).add(labelSmoothing / classes);
  const isCounted = wanted.any(1);
  const losses = where(isCounted, logits.logSoftmax(1).mul(target).sum(1).neg(), 0);
  return losses.sum().div(isCounted.sum());
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

import { arange, type Tensor } from '@trestle/core';

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

/**
 * Mean cross-entropy of raw scores.
 *
 * @param logits [rows, classes]
 * @param labels [rows], int32 class indices
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const classes = logits.shape[1] ?? 1;
  const wanted = labels
    .reshape([-1, 1])
    .equal(arange(classes, { dtype: 'int32', device: logits.device }).reshape([1, classes]));
  return logits.logSoftmax(1).mul(wanted).sum(1).mean().neg();
}

/** Mean squared error. Both [rows]. */
export function meanSquaredError(predictions: Tensor, targets: Tensor): Tensor {
  const error = predictions.sub(targets);
  return error.mul(error).mean();
}

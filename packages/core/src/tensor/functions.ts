import { CoreError } from '../core-error.ts';
import type { DType } from '../graph/dtype.ts';
import {
  type ConvolutionOptions,
  convolution,
  type TransposedConvolutionOptions,
  transposedConvolution,
} from '../operation/convolution.ts';
import * as contraction from '../operation/einsum.ts';
import * as elementwise from '../operation/elementwise.ts';
import * as indexing from '../operation/indexing.ts';
import * as movement from '../operation/movement.ts';
import * as order from '../operation/order.ts';
import * as pooling from '../operation/pooling.ts';
import * as special from '../operation/special.ts';
import { checkTensor, type Operand, operand, Tensor } from './tensor.ts';

// What is no method, as it has no first operand among equals, or makes more than one tensor.

/** `whenTrue` where the condition is not zero, `whenFalse` elsewhere. All three broadcast. @throws TRS_CORE_OPERAND */
export const where = (condition: Tensor, whenTrue: Operand, whenFalse: Operand): Tensor =>
  new Tensor(
    elementwise.where(
      condition.node,
      operand(whenTrue, condition, 'where'),
      operand(whenFalse, condition, 'where'),
    ),
  );

/** Tensors one behind the other along an axis. @throws TRS_CORE_SHAPE_MISMATCH, TRS_CORE_NO_TENSORS, TRS_CORE_OPERAND */
export const concat = (tensors: readonly [Tensor, ...Tensor[]], axis = 0): Tensor =>
  new Tensor(movement.concat(nodesOf(tensors, 'concat'), axis));

/** Tensors of one shape along a new axis. @throws TRS_CORE_SHAPE_MISMATCH, TRS_CORE_NO_TENSORS, TRS_CORE_OPERAND */
export const stack = (tensors: readonly [Tensor, ...Tensor[]], axis = 0): Tensor =>
  new Tensor(movement.stack(nodesOf(tensors, 'stack'), axis));

/** The types ask for one tensor at least; a list that is made while a program runs may have none. */
function nodesOf(
  tensors: readonly [Tensor, ...Tensor[]],
  operation: string,
): [Tensor['node'], ...Tensor['node'][]] {
  const [first, ...rest]: readonly Tensor[] = tensors;
  if (!first)
    throw new CoreError('NO_TENSORS', `${operation}: the list is empty.`, 'Give at least one tensor.');
  for (const one of rest) checkTensor(one, first, operation);
  return [first.node, ...rest.map(({ node }) => node)];
}

/**
 * 1 where the last axis counts to the index, 0 elsewhere: [..] int32 -> [.., count]. An index out of range gives zeros.
 *
 * @throws TRS_CORE_ONE_HOT
 */
export const oneHot = (indices: Tensor, count: number, dtype: DType = 'float32'): Tensor =>
  new Tensor(indexing.oneHot(indices.node, count, dtype));

/** The lower triangle of the last two axes, and zeros above the diagonal moved up by `diagonal`. */
export const lowerTriangle = (tensor: Tensor, diagonal = 0): Tensor =>
  new Tensor(indexing.lowerTriangle(tensor.node, diagonal));

/** The upper triangle of the last two axes, and zeros below the diagonal moved up by `diagonal`. */
export const upperTriangle = (tensor: Tensor, diagonal = 0): Tensor =>
  new Tensor(indexing.upperTriangle(tensor.node, diagonal));

/** The `count` largest elements of an axis, largest first, and their places. @throws TRS_CORE_COUNT, TRS_CORE_AXIS */
export function topK(
  tensor: Tensor,
  count: number,
  axis = -1,
): { readonly values: Tensor; readonly indices: Tensor } {
  const { values, indices } = order.topK(tensor.node, count, axis);
  return { values: new Tensor(values), indices: new Tensor(indices) };
}

/**
 * Convolution (cross-correlation, as everywhere in the field) over one axis.
 *
 * @param x [n, length, channels]
 * @param weight [size, channels / groups, outputs]
 * @returns [n, positions, outputs]
 * @throws TRS_CORE_CONVOLUTION when the shapes do not fit together
 */
export const conv1d = (x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor =>
  new Tensor(convolution('conv1d', x.node, weight.node, 1, options));

/**
 * Convolution over two axes. Channels come last: what a window holds is then a few long runs of memory, which a matrix product
 * reads in place, and a bias or a normalisation over channels needs no transpose.
 *
 * @param x [n, height, width, channels]
 * @param weight [height, width, channels / groups, outputs]
 * @returns [n, rows, columns, outputs]
 * @throws TRS_CORE_CONVOLUTION when the shapes do not fit together
 */
export const conv2d = (x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor =>
  new Tensor(convolution('conv2d', x.node, weight.node, 2, options));

/**
 * Convolution over three axes.
 *
 * @param x [n, depth, height, width, channels]
 * @param weight [depth, height, width, channels / groups, outputs]
 * @returns [n, layers, rows, columns, outputs]
 * @throws TRS_CORE_CONVOLUTION when the shapes do not fit together
 */
export const conv3d = (x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor =>
  new Tensor(convolution('conv3d', x.node, weight.node, 3, options));

/**
 * Transposed convolution over one axis: the adjoint of the convolution that has this weight.
 *
 * @param x [n, length, channels]
 * @param weight [size, outputs / groups, channels]
 * @returns [n, (length - 1) stride - padding + dilation (size - 1) + 1 + outputPadding, outputs]
 * @throws TRS_CORE_CONVOLUTION when the shapes do not fit together
 */
export const convTranspose1d = (
  x: Tensor,
  weight: Tensor,
  options: TransposedConvolutionOptions = {},
): Tensor => new Tensor(transposedConvolution('convTranspose1d', x.node, weight.node, 1, options));

/**
 * Transposed convolution over two axes; see `convTranspose1d`.
 *
 * @param x [n, height, width, channels]
 * @param weight [height, width, outputs / groups, channels]
 * @throws TRS_CORE_CONVOLUTION when the shapes do not fit together
 */
export const convTranspose2d = (
  x: Tensor,
  weight: Tensor,
  options: TransposedConvolutionOptions = {},
): Tensor => new Tensor(transposedConvolution('convTranspose2d', x.node, weight.node, 2, options));

/**
 * Transposed convolution over three axes; see `convTranspose1d`.
 *
 * @param x [n, depth, height, width, channels]
 * @param weight [depth, height, width, outputs / groups, channels]
 * @throws TRS_CORE_CONVOLUTION when the shapes do not fit together
 */
export const convTranspose3d = (
  x: Tensor,
  weight: Tensor,
  options: TransposedConvolutionOptions = {},
): Tensor => new Tensor(transposedConvolution('convTranspose3d', x.node, weight.node, 3, options));

/** The largest element of each window, channel by channel: [n, ...spatial, channels] -> [n, ...positions, channels]. */
export const maxPool = (
  x: Tensor,
  size: number | readonly number[],
  options: pooling.PoolOptions = {},
): Tensor => new Tensor(pooling.maxPool(x.node, size, options));

/** The mean of each window, channel by channel; what is padded does not count unless `countsPadding`. */
export const averagePool = (
  x: Tensor,
  size: number | readonly number[],
  options: pooling.AveragePoolOptions = {},
): Tensor => new Tensor(pooling.averagePool(x.node, size, options));

/**
 * Sums of products by Einstein's convention: `einsum('bij,bjk->bik', a, b)`. Letters that the result does not have are summed
 * over; without `->` it has those that occur once, in alphabetical order. `...` stands for axes that stretch. Pairs go through matmul, from the left.
 *
 * @throws TRS_CORE_EINSUM when the letters do not fit the operands
 */
export const einsum = (equation: string, ...operands: readonly Tensor[]): Tensor =>
  new Tensor(
    contraction.einsum(
      equation,
      operands.map(({ node }) => node),
    ),
  );

/** The Gauss error function, to 3e-7. */
export const erf = (x: Tensor): Tensor => new Tensor(special.erf(x.node));

/** x Φ(x), with the normal distribution's Φ (Hendrycks and Gimpel 2016). */
export const gelu = (x: Tensor): Tensor => new Tensor(special.gelu(x.node));

/** log(1 + e^x), which does not overflow. */
export const softplus = (x: Tensor): Tensor => new Tensor(special.softplus(x.node));

/** x / (1 + e^-x) (Elfwing et al. 2017). */
export const silu = (x: Tensor): Tensor => new Tensor(special.silu(x.node));

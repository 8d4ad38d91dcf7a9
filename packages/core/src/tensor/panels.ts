import { permute, reshape } from '../operation/movement.ts';
import { realize } from '../schedule/schedule.ts';
import { Tensor } from './tensor.ts';

/**
 * A matrix [k, n] that is the right side of many products, such as a weight: the same values, laid out once as the device multiplies
 * by them, where each product would pack them anew. Computed at once. A matrix that the device reads in place anyway is given back.
 */
export function inPanels(matrix: Tensor): Tensor {
  const [k = 0, n = 0] = matrix.shape;
  const width = matrix.device.abilities?.panelColumns;
  if (matrix.rank !== 2 || width === undefined || n % width !== 0 || k * n === 0) return matrix;
  const panels = permute(reshape(matrix.node, [k, n / width, width]), [1, 0, 2]);
  // A reshape that has to move elements is a copy: panel behind panel.
  const laid = reshape(panels, [k * n]);
  realize([laid]);
  return new Tensor(reshape(permute(reshape(laid, [n / width, k, width]), [1, 0, 2]), [k, n]));
}

import type { Tensor } from '@trestle/core';
import { NnError } from '../nn-error.ts';

/** The length of an axis that a layer's operand must have; negative axes count from the end. @throws TRS_NN_SHAPE */
export function axisLength({ shape }: Tensor, axis: number, operand: string): number {
  const length = shape.at(axis);
  if (length !== undefined && axis < shape.length) return length;
  throw new NnError(
    'SHAPE',
    `${operand} of shape [${shape.join(', ')}] has no axis ${axis}.`,
    'See the shapes in the documentation of the layer.',
  );
}

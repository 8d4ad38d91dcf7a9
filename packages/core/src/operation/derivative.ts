import { type Derivative, makeNode, type Node } from '../graph/node.ts';

/** The same value with a derivative of its own. */
export function withDerivative(value: Node, derivative: Derivative): Node {
  const marked = makeNode({ kind: 'reshape' }, [value], value.shape, value.dtype, value.device);
  return giveDerivative(marked, derivative);
}

/** Gives a value that was just made, and nobody else knows, a derivative of its own. */
export function giveDerivative(value: Node, derivative: Derivative): Node {
  value.derivative = derivative;
  return value;
}

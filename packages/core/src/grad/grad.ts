import { tracing } from '../graph/tracing.ts';
import { checkScalar } from '../operation/make.ts';
import { full } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';
import { differentiable, orZeros } from './alias.ts';
import { pullback } from './pullback.ts';
import { mapTree, type Tree, treeLeaves } from './tree.ts';

/** A scalar to differentiate, and what a function gives beside it: running statistics, predictions. */
export interface WithAux<A> {
  readonly value: Tensor;
  readonly aux: A;
}

/**
 * Makes of a scalar function one that gives its value and its gradient with respect to the first argument: a tensor, or a
 * list or record of them, nested as you like. The gradient has the same form. Gradients are graphs themselves. A function that
 * has more to give returns `{ value, aux }`; `aux` is passed through.
 *
 * @throws TRS_CORE_NOT_A_SCALAR when the function's result is none
 */
export function valueAndGrad<P extends Tree, Rest extends readonly unknown[]>(
  fn: (parameters: P, ...rest: Rest) => Tensor,
): (parameters: P, ...rest: Rest) => { readonly value: Tensor; readonly grad: P };
export function valueAndGrad<P extends Tree, Rest extends readonly unknown[], A>(
  fn: (parameters: P, ...rest: Rest) => WithAux<A>,
): (parameters: P, ...rest: Rest) => { readonly value: Tensor; readonly grad: P; readonly aux: A };
export function valueAndGrad<P extends Tree, Rest extends readonly unknown[], A>(
  fn: (parameters: P, ...rest: Rest) => Tensor | WithAux<A>,
): (parameters: P, ...rest: Rest) => { readonly value: Tensor; readonly grad: P; readonly aux?: A } {
  return (parameters, ...rest) => {
    // Fresh nodes: what was computed to make the parameters is not gone through again.
    const leaves = new Map<Tensor, Tensor>();
    for (const leaf of treeLeaves(parameters)) leaves.set(leaf, differentiable(leaf));
    const own = mapTree(parameters, (leaf) => leaves.get(leaf) ?? leaf);
    const result = tracing(() => fn(own, ...rest));
    const { value, ...beside } = result instanceof Tensor ? { value: result } : result;
    checkScalar(value.node, 'grad');
    const seed = { node: value.node, gradient: full(value.shape, 1, { device: value.device }).node };
    const gradients = pullback([seed], new Set([...leaves.values()].map((leaf) => leaf.node)));
    const grad = mapTree(own, (leaf) => orZeros(gradients.get(leaf.node), leaf));
    return { value, grad, ...beside };
  };
}

/** The gradient alone; see `valueAndGrad`. */
export function grad<P extends Tree, Rest extends readonly unknown[]>(
  fn: (parameters: P, ...rest: Rest) => Tensor,
): (parameters: P, ...rest: Rest) => P {
  const both = valueAndGrad(fn);
  return (parameters, ...rest) => both(parameters, ...rest).grad;
}

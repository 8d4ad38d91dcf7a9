import { CoreError } from '../core-error.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { checkScalar } from '../tensor/make.ts';
import { Tensor } from '../tensor/tensor.ts';
import { mapTree, type Tree, treeLeaves } from './tree.ts';
import { vectorJacobianProduct } from './vjp.ts';

/**
 * Makes of a scalar function one that gives its value and its gradient with respect to the first argument: a tensor, or a
 * list or record of them, nested as you like. The gradient has the same form. Gradients are graphs themselves.
 *
 * @throws TRS_CORE_NOT_A_SCALAR when the function's result is none
 */
export function valueAndGrad<P extends Tree, Rest extends readonly unknown[]>(
  fn: (parameters: P, ...rest: Rest) => Tensor,
): (parameters: P, ...rest: Rest) => { readonly value: Tensor; readonly grad: P } {
  return (parameters, ...rest) => {
    // Fresh nodes: what was computed to make the parameters is not gone through again.
    const leaves = new Map<Tensor, Tensor>();
    for (const leaf of treeLeaves(parameters)) leaves.set(leaf, alias(leaf));
    const own = mapTree(parameters, (leaf) => leaves.get(leaf) ?? leaf);
    const value = fn(own, ...rest);
    checkScalar(value);
    const gradients = backward(value, new Set([...leaves.values()].map((leaf) => leaf.node)));
    const grad = mapTree(own, (leaf) => gradients.get(leaf.node) ?? leaf.mul(0));
    return { value, grad };
  };
}

/** The gradient alone; see `valueAndGrad`. */
export function grad<P extends Tree, Rest extends readonly unknown[]>(
  fn: (parameters: P, ...rest: Rest) => Tensor,
): (parameters: P, ...rest: Rest) => P {
  const both = valueAndGrad(fn);
  return (parameters, ...rest) => both(parameters, ...rest).grad;
}

function alias(leaf: Tensor): Tensor {
  if (leaf.dtype !== 'float32') {
    throw new CoreError(
      'GRAD_DTYPE',
      `A parameter is ${leaf.dtype}; only float32 has gradients.`,
      'Cast it to float32.',
    );
  }
  return new Tensor(makeNode({ kind: 'reshape' }, [leaf.node], leaf.shape, leaf.dtype, leaf.device));
}

/** Reverse mode: from the value down, each node once, after everything that uses it. */
function backward(value: Tensor, leaves: ReadonlySet<Node>): ReadonlyMap<Node, Tensor> {
  const order = reachesLeaf(value.node, leaves);
  const gradients = new Map<Node, Tensor>([[value.node, value.mul(0).add(1)]]);
  for (const node of order.reverse()) {
    const gradient = gradients.get(node);
    if (!gradient || leaves.has(node)) continue;
    for (const [index, contribution] of vectorJacobianProduct(node, gradient).entries()) {
      const input = node.inputs[index];
      if (!input || !contribution || !order.set.has(input)) continue;
      const before = gradients.get(input);
      gradients.set(input, before ? before.add(contribution) : contribution);
    }
  }
  return gradients;
}

/** The nodes between the leaves and the value, operands first. */
function reachesLeaf(root: Node, leaves: ReadonlySet<Node>): Node[] & { set: Set<Node> } {
  const set = new Set<Node>();
  const order: Node[] = [];
  const seen = new Set<Node>([root]);
  const stack: { node: Node; next: number }[] = [{ node: root, next: 0 }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const inputs = leaves.has(top.node) ? [] : top.node.inputs;
    const input = inputs[top.next++];
    if (!input) {
      if (leaves.has(top.node) || inputs.some((one) => set.has(one))) {
        set.add(top.node);
        order.push(top.node);
      }
      stack.pop();
    } else if (!seen.has(input)) {
      seen.add(input);
      stack.push({ node: input, next: 0 });
    }
  }
  return Object.assign(order, { set });
}

import { between } from '../graph/between.ts';
import type { Node } from '../graph/node.ts';
import { Tensor } from '../tensor/tensor.ts';
import { vectorJacobianProduct } from './vjp.ts';

/** A node, and the gradient of what is differentiated with respect to it. */
export interface Seed {
  readonly node: Node;
  readonly gradient: Tensor;
}

/** Where gradients flow: through a derivative of its own past what a node was computed from. */
const operandsOf = (node: Node): readonly Node[] => node.derivative?.operands ?? node.inputs;

/** Reverse mode: from the seeds down to the leaves, each node once, after everything that uses it. */
export function pullback(seeds: readonly Seed[], leaves: ReadonlySet<Node>): Map<Node, Tensor> {
  const roots = seeds.map((seed) => seed.node);
  const order = between(roots, leaves, operandsOf);
  const gradients = new Map<Node, Tensor>();
  const add = (node: Node, gradient: Tensor): void => {
    const before = gradients.get(node);
    gradients.set(node, before ? before.add(gradient) : gradient);
  };
  for (const { node, gradient } of seeds) add(node, gradient);
  for (const node of [...order].reverse()) {
    const gradient = gradients.get(node);
    if (!gradient || leaves.has(node)) continue;
    const operands = operandsOf(node);
    for (const [index, contribution] of contributions(node, gradient).entries()) {
      const operand = operands[index];
      if (operand && contribution && order.has(operand)) add(operand, contribution);
    }
    // No one asks for it again; a long chain would hold on to it.
    gradients.delete(node);
  }
  return gradients;
}

function contributions(node: Node, gradient: Tensor): readonly (Tensor | undefined)[] {
  const { derivative } = node;
  if (!derivative) return vectorJacobianProduct(node, gradient);
  return derivative
    .pullback(derivative.operands, node, gradient.node)
    .map((one) => (one ? new Tensor(one) : undefined));
}

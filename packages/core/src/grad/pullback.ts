import { between } from '../graph/between.ts';
import type { Node } from '../graph/node.ts';
import { add } from '../operation/elementwise.ts';
import { vectorJacobianProduct } from './vjp.ts';

/** A node, and the gradient of what is differentiated with respect to it. */
export interface Seed {
  readonly node: Node;
  readonly gradient: Node;
}

/** Where gradients flow: through a derivative of its own past what a node was computed from. */
const operandsOf = (node: Node): readonly Node[] => node.derivative?.operands ?? node.inputs;

/** Reverse mode: from the seeds down to the leaves, each node once, after everything that uses it. */
export function pullback(seeds: readonly Seed[], leaves: ReadonlySet<Node>): Map<Node, Node> {
  const roots = seeds.map((seed) => seed.node);
  const order = between(roots, leaves, operandsOf);
  const gradients = new Map<Node, Node>();
  const collect = (node: Node, gradient: Node): void => {
    const before = gradients.get(node);
    gradients.set(node, before ? add(before, gradient) : gradient);
  };
  for (const { node, gradient } of seeds) collect(node, gradient);
  for (const node of [...order].reverse()) {
    const gradient = gradients.get(node);
    if (!gradient || leaves.has(node)) continue;
    const operands = operandsOf(node);
    for (const [index, contribution] of contributions(node, gradient).entries()) {
      const operand = operands[index];
      if (operand && contribution && order.has(operand)) collect(operand, contribution);
    }
    // No one asks for it again; a long chain would hold on to it.
    gradients.delete(node);
  }
  return gradients;
}

function contributions(node: Node, gradient: Node): readonly (Node | undefined)[] {
  const { derivative } = node;
  if (!derivative) return vectorJacobianProduct(node, gradient);
  return derivative.pullback(derivative.operands, node, gradient);
}

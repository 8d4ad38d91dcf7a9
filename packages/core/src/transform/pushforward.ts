import { alias } from '../grad/alias.ts';
import { pullback } from '../grad/pullback.ts';
import { between } from '../graph/between.ts';
import type { Node } from '../graph/node.ts';
import { full, zeros } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';
import { jacobianVectorProduct } from './jvp-rules.ts';

/** Where tangents flow: past what a derivative of its own replaces, unless its graph says the same. */
const inputsOf = (node: Node): readonly Node[] =>
  node.derivative && !node.derivative.isTransparent ? node.derivative.operands : node.inputs;

/** Forward mode: the tangents of the roots, and of what lies between, from those of the leaves. */
export function pushforward(roots: readonly Node[], leaves: ReadonlyMap<Node, Tensor>): Map<Node, Tensor> {
  const tangents = new Map(leaves);
  for (const node of between(roots, leaves, inputsOf)) {
    if (leaves.has(node)) continue;
    const given = inputsOf(node).map((input) => tangents.get(input));
    const tangent =
      node.derivative && !node.derivative.isTransparent
        ? throughPullback(node, given)
        : jacobianVectorProduct(node, given);
    if (tangent) tangents.set(node, tangent);
  }
  return tangents;
}

/**
 * The tangent of a node of which only the pullback is known. That is linear in the gradient u, so its own pullback is what is
 * looked for: J t is the gradient of <pullback(u), t> with respect to u, wherever u is.
 */
function throughPullback(node: Node, tangents: readonly (Tensor | undefined)[]): Tensor | undefined {
  const { derivative } = node;
  if (!derivative) return undefined;
  const u = alias(zeros(node.shape, { device: node.device }));
  const results = derivative.pullback(derivative.operands, node, u.node);
  const products = results.flatMap((result, index) => {
    const tangent = tangents[index];
    return result && tangent ? [new Tensor(result).mul(tangent).sum()] : [];
  });
  const seeds = products.map((product) => ({
    node: product.node,
    gradient: full([], 1, { device: node.device }),
  }));
  return pullback(seeds, new Set([u.node])).get(u.node);
}

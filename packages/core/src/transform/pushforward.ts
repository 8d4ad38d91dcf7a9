import { pullback } from '../grad/pullback.ts';
import { between } from '../graph/between.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { mul } from '../operation/elementwise.ts';
import { constant } from '../operation/make.ts';
import { expand } from '../operation/movement.ts';
import { sum } from '../operation/reduce.ts';
import { jacobianVectorProduct } from './jvp-rules.ts';

/** Where tangents flow: past what a derivative of its own replaces, unless its graph says the same. */
const inputsOf = (node: Node): readonly Node[] =>
  node.derivative && !node.derivative.isTransparent ? node.derivative.operands : node.inputs;

/** Forward mode: the tangents of the roots, and of what lies between, from those of the leaves. */
export function pushforward(roots: readonly Node[], leaves: ReadonlyMap<Node, Node>): Map<Node, Node> {
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
function throughPullback(node: Node, tangents: readonly (Node | undefined)[]): Node | undefined {
  const { derivative } = node;
  if (!derivative) return undefined;
  const { shape, device } = node;
  // A node of its own, from which the way back can be told.
  const zeros = expand(constant(0, 'float32', device), shape);
  const u = makeNode({ kind: 'reshape' }, [zeros], shape, 'float32', device);
  const results = derivative.pullback(derivative.operands, node, u);
  const products = results.flatMap((result, index) => {
    const tangent = tangents[index];
    return result && tangent ? [sum(mul(result, tangent))] : [];
  });
  const seeds = products.map((product) => ({ node: product, gradient: constant(1, 'float32', device) }));
  return pullback(seeds, new Set([u])).get(u);
}

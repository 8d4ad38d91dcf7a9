import type { Node } from '../graph/node.ts';
import { type Draft, hasValue } from './draft.ts';

/** Nodes without a value that the roots need, operands first. Iterative: chains may be longer than the call stack. */
export function pendingInOrder(roots: readonly Node[], draft: Draft): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  const visit = (node: Node): void => {
    if (hasValue(node, draft) || seen.has(node)) return;
    seen.add(node);
    stack.push({ node, next: 0 });
  };
  for (const root of roots) {
    visit(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const input = top.node.inputs[top.next++];
      if (input) visit(input);
      else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}

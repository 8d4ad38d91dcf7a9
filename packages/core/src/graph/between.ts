import type { Node } from './node.ts';

/**
 * The nodes on the ways from leaves to roots, leaves included, operands first. `inputsOf` says which edges count. Iterative:
 * chains may be longer than the call stack.
 */
export function between(
  roots: readonly Node[],
  leaves: { has(node: Node): boolean },
  inputsOf: (node: Node) => readonly Node[],
): Set<Node> {
  const reaches = new Set<Node>();
  const seen = new Set<Node>();
  const stack: { readonly node: Node; readonly inputs: readonly Node[]; next: number }[] = [];
  const visit = (node: Node): void => {
    if (seen.has(node)) return;
    seen.add(node);
    stack.push({ node, inputs: leaves.has(node) ? [] : inputsOf(node), next: 0 });
  };
  for (const root of roots) {
    visit(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const input = top.inputs[top.next++];
      if (input) {
        visit(input);
        continue;
      }
      if (leaves.has(top.node) || top.inputs.some((one) => reaches.has(one))) reaches.add(top.node);
      stack.pop();
    }
  }
  return reaches;
}

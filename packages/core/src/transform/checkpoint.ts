import { alias } from '../grad/alias.ts';
import { pullback } from '../grad/pullback.ts';
import { mapTree, type Tree, treeLeaves, withLeaves } from '../grad/tree.ts';
import { isFloat } from '../graph/dtype.ts';
import { type Node, newestSerial } from '../graph/node.ts';
import { tracing } from '../graph/tracing.ts';
import { withDerivative } from '../tensor/derivative.ts';
import { Tensor } from '../tensor/tensor.ts';

/**
 * The same function, whose intermediate results are computed again when gradients need them instead of being kept: less
 * memory for a little more time (Chen et al. 2016). Around the blocks of a deep network.
 */
export function checkpoint<Args extends readonly Tree[], R extends Tree>(
  fn: (...args: Args) => R,
): (...args: Args) => R {
  return (...args) => {
    const before = newestSerial();
    const leaves = treeLeaves(args);
    const aliases = leaves.map(alias);
    const value = tracing(() => fn(...withLeaves(args, aliases)));
    const captured = capturedBy(value, aliases, before);
    let again:
      | { readonly value: R; readonly aliases: readonly Tensor[]; readonly of: readonly Tensor[] }
      | undefined;
    const recompute = (operands: readonly Tensor[]): NonNullable<typeof again> => {
      // Several results of one call share what is computed again.
      if (again?.of.every((one, index) => one.node === operands[index]?.node)) return again;
      const fresh = operands.slice(0, leaves.length).map(alias);
      again = { value: tracing(() => fn(...withLeaves(args, fresh))), aliases: fresh, of: operands };
      return again;
    };
    let place = 0;
    return mapTree(value, (leaf) => {
      const index = place++;
      return withDerivative(
        leaf,
        [...leaves, ...captured],
        (operands, _, gradient) => {
          const { value: second, aliases: fresh } = recompute(operands);
          const output = treeLeaves(second)[index];
          const targets = [...fresh, ...captured];
          if (!output) return [];
          const results = pullback(
            [{ node: output.node, gradient: gradient.node }],
            new Set(targets.map(({ node }) => node)),
          );
          return targets.map(({ node }) => {
            const found = results.get(node);
            return found && new Tensor(found);
          });
        },
        true,
      );
    });
  };
}

/** What a function took from around it besides its arguments: gradients flow there too. */
function capturedBy(value: Tree, aliases: readonly Tensor[], before: number): Tensor[] {
  const seen = new Set<Node>(aliases.map(({ node }) => node));
  const pending = treeLeaves(value).map(({ node }) => node);
  const captured: Tensor[] = [];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.serial > before) pending.push(...node.inputs, ...(node.derivative?.operands ?? []));
    else if (node.inputs.length > 0 && isFloat(node.dtype)) captured.push(new Tensor(node));
  }
  return captured;
}

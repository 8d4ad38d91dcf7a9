import { CoreError } from '../core-error.ts';
import { alias, orZeros } from '../grad/alias.ts';
import { pullback } from '../grad/pullback.ts';
import { mapTree, type Tree, treeLeaves, withLeaves } from '../grad/tree.ts';
import { isFloat } from '../graph/dtype.ts';
import { isSameShape, shapeText } from '../graph/shape.ts';
import { tracing } from '../graph/tracing.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { pushforward } from './pushforward.ts';

/**
 * The value of a function and its derivative in one direction, computed together, forward: what changes when the arguments
 * move along the tangents. Tangents have the form of the arguments; those of integers are not looked at.
 *
 * @throws TRS_CORE_TANGENT when a tangent does not have its argument's shape
 */
export function jvp<Args extends readonly Tree[], R extends Tree>(
  fn: (...args: Args) => R,
  primals: Args,
  tangents: Args,
): { readonly value: R; readonly tangent: R } {
  const leaves = treeLeaves(primals);
  const directions = treeLeaves(tangents);
  const aliases = leaves.map(alias);
  const given = new Map(
    leaves.flatMap((leaf, index) => {
      const direction = directions[index];
      const own = aliases[index];
      if (!direction || !isSameShape(direction.shape, leaf.shape)) throw wrongTangent('jvp', leaf, direction);
      return own && isFloat(leaf.dtype) ? [[own.node, direction.node] as const] : [];
    }),
  );
  const value = tracing(() => fn(...withLeaves(primals, aliases)));
  const results = pushforward(
    treeLeaves(value).map((leaf) => leaf.node),
    given,
  );
  const tangent = mapTree(value, (leaf) => orZeros(results.get(leaf.node), leaf));
  return { value, tangent };
}

/**
 * The value of a function, and what carries gradients of the value back to gradients of the arguments (undefined parts of a
 * tree do not exist: integers get zeros).
 */
export function vjp<Args extends readonly Tree[], R extends Tree>(
  fn: (...args: Args) => R,
  ...primals: Args
): { readonly value: R; readonly pullback: (gradient: R) => Args } {
  const aliases = treeLeaves(primals).map(alias);
  const value = tracing(() => fn(...withLeaves(primals, aliases)));
  const outputs = treeLeaves(value);
  return {
    // A tensor forgets what it was made from once it is computed; the pullback must not.
    value: mapTree(value, alias),
    pullback: (gradient) => {
      const given = treeLeaves(gradient);
      const seeds = outputs.flatMap((output, index) => {
        const one = given[index];
        if (!one || !isSameShape(one.shape, output.shape)) throw wrongTangent('vjp', output, one);
        return isFloat(output.dtype) ? [{ node: output.node, gradient: one.node }] : [];
      });
      const results = pullback(seeds, new Set(aliases.map((leaf) => leaf.node)));
      return withLeaves(
        primals,
        aliases.map((leaf) => orZeros(results.get(leaf.node), leaf)),
      );
    },
  };
}

function wrongTangent(operation: string, leaf: Tensor, given: Tensor | undefined): CoreError {
  return new CoreError(
    'TANGENT',
    `${operation}: for a tensor of shape ${shapeText(leaf.shape)} the given tangent or gradient is ${given ? shapeText(given.shape) : 'missing'}.`,
    'Tangents have the form and shapes of the arguments, gradients those of the value.',
  );
}

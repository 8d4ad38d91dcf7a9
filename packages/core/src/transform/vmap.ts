import { CoreError } from '../core-error.ts';
import { mapTree, type Tree, treeLeaves, withLeaves } from '../grad/tree.ts';
import { between } from '../graph/between.ts';
import { type Derivative, makeNode, type Node, placeholderNode } from '../graph/node.ts';
import { normalizeAxis, shapeText } from '../graph/shape.ts';
import { tracing } from '../graph/tracing.ts';
import { mul } from '../operation/elementwise.ts';
import { moveAxis } from '../operation/movement.ts';
import { sum } from '../operation/reduce.ts';
import { Tensor } from '../tensor/tensor.ts';
import { type Batched, batch, spread } from './batching-rules.ts';

export interface VmapOptions {
  /** The batch axis of each argument (of all its tensors); null where all elements see the same. 0 when left out. */
  readonly inAxes?: number | readonly (number | null)[];
  /** Where the batch axis of the results goes; 0 when left out. */
  readonly outAxis?: number;
}

/**
 * Makes of a function of single elements one of batches: written for one, computed for all at once. The function is traced with
 * tensors that have no values yet, so it may not read any.
 *
 * @example vmap(grad(loss), { inAxes: [null, 0, 0] })   // gradients per example
 * @throws TRS_CORE_VMAP when the arguments do not have one batch size
 */
export function vmap<Args extends readonly Tree[], R extends Tree>(
  fn: (...args: Args) => R,
  { inAxes = 0, outAxis = 0 }: VmapOptions = {},
): (...args: Args) => R {
  return (...args) => {
    const axes = args.flatMap((arg, index) => {
      const axis = typeof inAxes === 'number' ? inAxes : (inAxes[index] ?? null);
      return treeLeaves(arg).map(() => axis);
    });
    const leaves = treeLeaves(args);
    const size = batchSize(leaves, axes);
    const known = new Map<Node, Batched>();
    const inputs = leaves.map((leaf, index) => {
      const axis = axes[index] ?? null;
      if (axis === null) return leaf;
      const value = moveAxis(leaf.node, axis, 0);
      const single = placeholderNode(value.shape.slice(1), leaf.dtype, leaf.device);
      known.set(single, { value, isBatched: true });
      return new Tensor(single);
    });
    const value = tracing(() => fn(...withLeaves(args, inputs)));
    const results = batchGraph(
      treeLeaves(value).map(({ node }) => node),
      known,
      size,
    );
    return mapTree(value, (leaf) => {
      const whole = spread(results.get(leaf.node) ?? { value: leaf.node, isBatched: false }, size);
      return new Tensor(moveAxis(whole, 0, normalizeAxis(outAxis, whole.shape, 'vmap')));
    });
  };
}

function batchSize(leaves: readonly Tensor[], axes: readonly (number | null)[]): number {
  const sizes = leaves.flatMap((leaf, index) => {
    const axis = axes[index] ?? null;
    return axis === null ? [] : [leaf.shape[normalizeAxis(axis, leaf.shape, 'vmap')] ?? 1];
  });
  const [first] = sizes;
  if (first !== undefined && sizes.every((size) => size === first)) return first;
  throw new CoreError(
    'VMAP',
    `vmap: ${first === undefined ? 'no argument has a batch axis' : `the batch sizes are ${shapeText(sizes)}`}.`,
    'At least one argument has a batch axis, and all that have one are of one size.',
  );
}

const inputsOf = (node: Node): readonly Node[] =>
  node.derivative ? [...node.inputs, ...node.derivative.operands] : node.inputs;

/** The roots and what lies between them and the known nodes, computed for a whole batch. */
function batchGraph(
  roots: readonly Node[],
  known: ReadonlyMap<Node, Batched>,
  size: number,
): Map<Node, Batched> {
  const results = new Map(known);
  const of = (node: Node): Batched => results.get(node) ?? { value: node, isBatched: false };
  for (const node of between(roots, known, inputsOf)) {
    if (known.has(node)) continue;
    const inputs = node.inputs.map(of);
    if (!inputs.some((one) => one.isBatched)) {
      // Only its derivative looks at the batch; the value is one for all.
      continue;
    }
    const value = batch(node, inputs, size);
    const { derivative } = node;
    results.set(node, {
      value: derivative ? withBatchedDerivative(value, node, derivative, results, size) : value,
      isBatched: true,
    });
  }
  return results;
}

/** The derivative's own graph, batched in the same way when it is asked for. */
function withBatchedDerivative(
  value: Node,
  single: Node,
  derivative: Derivative,
  around: ReadonlyMap<Node, Batched>,
  size: number,
): Node {
  const operands = derivative.operands.map(
    (operand) => around.get(operand) ?? { value: operand, isBatched: false },
  );
  const { shape, dtype, device } = value;
  const marked = makeNode({ kind: 'reshape' }, [value], shape, dtype, device);
  marked.derivative = {
    operands: operands.map((operand) => operand.value),
    isTransparent: derivative.isTransparent,
    pullback(nodes, output, gradient) {
      const one = placeholderNode(single.shape, dtype, device);
      const results = derivative.pullback(derivative.operands, single, one);
      const known = new Map<Node, Batched>([
        // What the derivative's function took from around it.
        ...around,
        ...derivative.operands.map((operand, index): [Node, Batched] => [
          operand,
          { value: nodes[index] ?? operand, isBatched: operands[index]?.isBatched ?? false },
        ]),
        [single, { value: output, isBatched: true }],
        [one, { value: gradient, isBatched: true }],
      ]);
      const batched = batchGraph(
        results.flatMap((node) => (node ? [node] : [])),
        known,
        size,
      );
      return results.map((node, index) => {
        if (!node) return undefined;
        const result = batched.get(node) ?? { value: node, isBatched: false };
        if (operands[index]?.isBatched) return spread(result, size);
        return result.isBatched ? sum(result.value, 0) : mul(result.value, size);
      });
    },
  };
  return marked;
}

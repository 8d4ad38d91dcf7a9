import type { ValueType } from '../format/model.ts';
import { OnnxError } from '../onnx-error.ts';
import { fromData } from '../tensor/tensor.ts';
import { bindNode } from './bind-node.ts';
import type { GraphText, Plan, Scope, Step } from './step.ts';

/**
 * Plans a graph.
 *
 * @throws TRS_ONNX_ORDER, TRS_ONNX_DUPLICATE, and what `bindNode` throws, naming the node
 */
export function planGraph(graph: GraphText, scope: Scope): Plan {
  const slots = new Map<string, { slot: number; type: ValueType | undefined }>();
  const captures: { outer: number; inner: number }[] = [];
  let count = 0;
  const define = (name: string, type: ValueType | undefined): number => {
    if (slots.has(name)) {
      throw new OnnxError(
        'DUPLICATE',
        `Two values of the graph have the name "${name}".`,
        'Export the model again.',
      );
    }
    slots.set(name, { slot: count, type });
    return count++;
  };
  const resolve = (name: string): { slot: number; type: ValueType | undefined } | undefined => {
    const own = slots.get(name);
    if (own) return own;
    const outer = scope.outer?.(name);
    if (!outer) return undefined;
    const captured = { slot: count++, type: outer.type };
    slots.set(name, captured);
    captures.push({ outer: outer.slot, inner: captured.slot });
    return captured;
  };
  const constants = graph.initializers.map((tensor) => ({
    slot: define(tensor.name, tensor.type),
    value: fromData(tensor),
  }));
  const inputs = graph.inputs.map(({ name, type }) => define(name, type));
  const steps: (Omit<Step, 'frees'> & { readonly reads: readonly number[] })[] = [];
  for (const node of graph.nodes) {
    const read = node.inputs.map((name) => {
      if (name === '') return { slot: -1, type: undefined };
      const found = resolve(name);
      if (found) return found;
      throw new OnnxError(
        'ORDER',
        `The node "${node.name || node.operator}" uses "${name}" before anything makes it.`,
        'The graph has a cycle or is cut off.',
      );
    });
    const seen: number[] = [];
    const resolveInner = (name: string): ReturnType<typeof resolve> => {
      const found = resolve(name);
      if (found) seen.push(found.slot);
      return found;
    };
    const bound = bindNode(node, read, { ...scope, outer: resolveInner }, planGraph);
    const outputs = node.outputs.map((name, index) =>
      name === '' ? -1 : define(name, bound.outputTypes[index]),
    );
    const slotsRead = read.map(({ slot }) => slot);
    steps.push({ ...bound, inputs: slotsRead, outputs, reads: [...slotsRead, ...seen] });
  }
  const outputs = graph.outputs.map((name) => {
    const found = resolve(name);
    if (found) return found;
    throw new OnnxError('ORDER', `No node makes the output "${name}".`, 'Export the model again.');
  });
  const kept = new Set([...constants.map(({ slot }) => slot), ...outputs.map(({ slot }) => slot)]);
  return {
    slots: count,
    constants,
    inputs,
    outputs: outputs.map(({ slot }) => slot),
    outputTypes: outputs.map(({ type }) => type),
    captures,
    steps: withFrees(steps, kept),
  };
}

/** Says of each step after which nothing reads a slot any more. */
function withFrees(
  steps: readonly (Omit<Step, 'frees'> & { readonly reads: readonly number[] })[],
  kept: ReadonlySet<number>,
): Step[] {
  const later = new Set(kept);
  const backwards = steps.toReversed().map(({ reads, ...step }) => {
    const frees = [...new Set([...reads, ...step.outputs])].filter((slot) => slot >= 0 && !later.has(slot));
    // An output that is named and never read, such as Dropout's mask, is not made.
    const outputs = step.outputs.map((slot) => (later.has(slot) ? slot : -1));
    for (const slot of reads) later.add(slot);
    return { ...step, outputs, frees };
  });
  return backwards.reverse();
}

import type { OnnxFunction, OnnxGraph, OnnxNode, TensorData, ValueInfo, ValueType } from '../format/model.ts';
import { OnnxError } from '../onnx-error.ts';
import type { Definition, Versions } from '../operators/definition.ts';
import { fromData, type Value } from '../tensor/tensor.ts';
import { bindNode } from './bind-node.ts';

/** A node that is ready to run: which slots of a frame it reads and writes. -1 is an input or output that is left out. */
export interface Step {
  readonly label: string;
  readonly operator: string;
  readonly opset: number;
  readonly definition: Definition;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly outputTypes: readonly (ValueType | undefined)[];
  /** Graphs of the node, or the function that it calls. */
  readonly bodies: Readonly<Record<string, Plan>>;
  /** All its inputs are float32 tensors: the core may do it. */
  readonly isFloat: boolean;
  /** Slots that nothing reads later. */
  readonly frees: readonly number[];
}

/** A graph whose names are slots, checked: every operator is known, every type fits, every value is made before it is used. */
export interface Plan {
  readonly slots: number;
  readonly constants: readonly { readonly slot: number; readonly value: Value }[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly outputTypes: readonly (ValueType | undefined)[];
  readonly steps: readonly Step[];
  /** Values of the graph around it. */
  readonly captures: readonly { readonly outer: number; readonly inner: number }[];
}

/** What is known where a graph stands. */
export interface Scope {
  readonly opsets: ReadonlyMap<string, number>;
  readonly functions: ReadonlyMap<string, OnnxFunction>;
  readonly operators: ReadonlyMap<string, Versions>;
  /** Attributes of the call, in a function. */
  readonly attributes: OnnxNode['attributes'] | undefined;
  readonly depth: number;
  /** The value of the graph around it, by name. */
  readonly outer:
    | ((name: string) => { readonly slot: number; readonly type: ValueType | undefined } | undefined)
    | undefined;
}

export const functionKey = (domain: string, name: string, overload = ''): string =>
  `${domain}:${name}:${overload}`;

export interface PlannedInput {
  readonly name: string;
  readonly type: ValueType | undefined;
}

interface GraphText {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly TensorData[];
  readonly inputs: readonly PlannedInput[];
  readonly outputs: readonly string[];
}

export const textOfGraph = (graph: OnnxGraph, types?: readonly (ValueType | undefined)[]): GraphText => ({
  nodes: graph.nodes,
  initializers: graph.initializers,
  inputs: graph.inputs.map((input, index) => ({ name: input.name, type: types?.[index] ?? declared(input) })),
  outputs: graph.outputs.map(({ name }) => name),
});

export const declared = (info: ValueInfo): ValueType | undefined => (info.isUntyped ? undefined : info.type);

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
    const bound = bindNode(node, read, scope, (name) => {
      const found = resolve(name);
      if (found) seen.push(found.slot);
      return found;
    });
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
    for (const slot of reads) later.add(slot);
    return { ...step, frees };
  });
  return backwards.reverse();
}

import type { OnnxFunction, OnnxGraph, OnnxNode, TensorData, ValueInfo, ValueType } from '../format/model.ts';
import type { Definition, Versions } from '../operators/definition.ts';
import type { Value } from '../tensor/tensor.ts';

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
  /** All its inputs are float32 tensors, but for those that the core's kernel wants on the host: the core may do it. */
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

export interface GraphText {
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

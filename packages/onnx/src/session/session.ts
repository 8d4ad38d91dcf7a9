import type { OnnxModel, OnnxNode, TensorData, ValueInfo } from '../format/model.ts';
import { OnnxError } from '../onnx-error.ts';
import { mlOperators } from '../operators/ml.ts';
import { numericOperators } from '../operators/numeric.ts';
import { makeCall, type Operator } from '../operators/operator.ts';
import { shapeOperators } from '../operators/shape.ts';
import { microsoftOperators, textOperators } from '../operators/text.ts';
import { fromRuntime, type RuntimeValue, toRuntime } from '../operators/value.ts';

/** The newest operator sets whose meaning this runner knows. */
const MAX_OPSETS: Readonly<Record<string, number>> = { '': 23, 'ai.onnx.ml': 5 };
const MIN_OPSET = 7;

/** The operators of each domain. */
const TABLES: Readonly<Record<string, Readonly<Record<string, Operator>>>> = {
  '': { ...numericOperators, ...shapeOperators, ...textOperators },
  'ai.onnx.ml': mlOperators,
  'com.microsoft': microsoftOperators,
};

/** A model that is ready to run. */
export interface Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** @throws TRS_ONNX_FEED naming the input and what is wrong with it, TRS_ONNX_NODE */
  run(
    feeds: Readonly<Record<string, Omit<TensorData, 'name'>>>,
  ): Promise<Readonly<Record<string, TensorData>>>;
}

/**
 * Prepares a model: every operator is known, every value is made before it is used.
 *
 * @throws TRS_ONNX_OPSET, TRS_ONNX_OPERATOR, TRS_ONNX_ORDER naming the node
 */
export function openSession(model: OnnxModel): Session {
  const { graph } = model;
  const opsets = new Map(model.opsets.map((opset) => [opset.domain, opset.version]));
  checkOpsets(opsets);
  const steps = graph.nodes.map((node) => ({ node, operator: operatorOf(node, opsets) }));
  checkOrder(model);
  const constants = new Map(graph.initializers.map((tensor) => [tensor.name, toRuntime(tensor)]));

  return {
    inputs: graph.inputs,
    outputs: graph.outputs,
    async run(feeds) {
      const values = new Map<string, RuntimeValue>(constants);
      checkFeeds(graph.inputs, feeds);
      for (const input of graph.inputs) {
        const feed = feeds[input.name];
        if (feed) values.set(input.name, toRuntime({ ...feed, name: input.name }));
      }
      for (const { node, operator } of steps) {
        const inputs = node.inputs.map((name) => (name === '' ? undefined : values.get(name)));
        const result = await operator(makeCall(node, opsets.get(node.domain) ?? 0, inputs));
        const results = isList(result) ? result : [result];
        for (const [index, name] of node.outputs.entries()) {
          const value = results[index];
          if (name !== '' && value) values.set(name, value);
        }
      }
      const outputs = graph.outputs.map(async ({ name }) => {
        const value = values.get(name);
        if (!value)
          throw new OnnxError('ORDER', `No node makes the output "${name}".`, 'Export the model again.');
        return [name, await fromRuntime(name, value)] as const;
      });
      return Object.fromEntries(await Promise.all(outputs));
    },
  };
}

const isList = (result: RuntimeValue | readonly RuntimeValue[]): result is readonly RuntimeValue[] =>
  Array.isArray(result);

function checkOpsets(opsets: ReadonlyMap<string, number>): void {
  for (const [domain, version] of opsets) {
    const newest = MAX_OPSETS[domain];
    if (newest === undefined) continue;
    const oldest = domain === '' ? MIN_OPSET : 1;
    if (version >= oldest && version <= newest) continue;
    throw new OnnxError(
      'OPSET',
      `The model uses version ${version} of the operator set ${domain || 'ai.onnx'}; ${oldest} to ${newest} are known.`,
      'Export it with another operator set version.',
    );
  }
}

function operatorOf(node: OnnxNode, opsets: ReadonlyMap<string, number>): Operator {
  const table = TABLES[node.domain] ?? {};
  const operator = Object.hasOwn(table, node.operator) ? table[node.operator] : undefined;
  if (operator && opsets.has(node.domain)) return operator;
  throw new OnnxError(
    'OPERATOR',
    `The node "${node.name || node.outputs[0]}" uses the operator ${node.domain ? `${node.domain}.` : ''}${node.operator}, which is not supported.`,
    'Export the model with other operators, or serve it with another runtime.',
  );
}

function checkOrder({ graph }: OnnxModel): void {
  const made = new Set([...graph.inputs, ...graph.initializers].map((value) => value.name));
  for (const node of graph.nodes) {
    const early = node.inputs.find((name) => name !== '' && !made.has(name));
    if (early !== undefined) {
      throw new OnnxError(
        'ORDER',
        `The node "${node.name || node.operator}" uses "${early}" before anything makes it.`,
        'The graph has a cycle or is cut off.',
      );
    }
    for (const name of node.outputs) made.add(name);
  }
}

function checkFeeds(
  inputs: readonly ValueInfo[],
  feeds: Readonly<Record<string, Omit<TensorData, 'name'>>>,
): void {
  const symbols = new Map<string, number>();
  const unknown = Object.keys(feeds).find((name) => !inputs.some((input) => input.name === name));
  if (unknown !== undefined) throw feedError(unknown, 'the model has no such input');
  for (const input of inputs) {
    const feed = feeds[input.name];
    if (!feed) throw feedError(input.name, 'it is missing');
    if (feed.type !== input.type)
      throw feedError(input.name, `it is ${feed.type}, the model takes ${input.type}`);
    const size = feed.dims.reduce((product, length) => product * length, 1);
    if (feed.data.length !== size)
      throw feedError(input.name, `${feed.data.length} values do not fill [${feed.dims.join(', ')}]`);
    const fits =
      feed.dims.length === input.dims.length &&
      input.dims.every((dim, axis) => {
        const length = feed.dims[axis] ?? 0;
        if (typeof dim === 'number') return dim === length;
        if (dim === '?') return true;
        const known = symbols.get(dim) ?? length;
        symbols.set(dim, known);
        return known === length;
      });
    if (!fits)
      throw feedError(
        input.name,
        `its shape is [${feed.dims.join(', ')}], the model takes [${input.dims.join(', ')}]`,
      );
  }
}

const feedError = (name: string, reason: string): OnnxError =>
  new OnnxError('FEED', `The input "${name}" does not fit: ${reason}.`, "See the model's inputs.");

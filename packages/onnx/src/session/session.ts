import { debug } from '@trestle/core';
import type { OnnxGraph, OnnxModel, OnnxNode, ValueData, ValueInfo, ValueType } from '../format/model.ts';
import { isTensorData } from '../format/model.ts';
import { OnnxError } from '../onnx-error.ts';
import type { Versions } from '../operators/definition.ts';
import { loadOperators } from '../operators/directory.ts';
import { planGraph } from '../plan/plan.ts';
import { declared, functionKey, type Plan, textOfGraph } from '../plan/step.ts';
import { rewrite, runRules } from '../rewrite/rewrite.ts';
import { fromData, type Tensor, type Value } from '../tensor/tensor.ts';
import { checkFeeds, type Feed } from './check-feeds.ts';
import { CORE_WORK, execute, type RunState } from './execute.ts';

/** The oldest and newest operator sets whose meaning this runner knows. */
const OPSETS: Readonly<Record<string, readonly [number, number]>> = {
  '': [1, 28],
  'ai.onnx.ml': [1, 5],
  'ai.onnx.preview': [1, 1],
  'ai.onnx.preview.training': [1, 1],
  'com.microsoft': [1, 1],
};

export interface SessionOptions {
  /** Makes operators that draw random numbers, and name no seed, draw the same ones in each session. */
  readonly seed?: number;
  /** Nodes from so many multiplications on are computed by the core; what is right for small and large models is the default. */
  readonly coreWork?: number;
  /** `false` runs the graph as it came, without the rules of `src/rewrite`. */
  readonly rewrites?: boolean;
}

/** A model that is ready to run. */
export interface Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /**
   * @throws TRS_ONNX_FEED naming the input and what is wrong with it, TRS_ONNX_NODE, TRS_ONNX_TOO_LARGE, TRS_ONNX_LIMIT, and the
   *   reason of the signal
   */
  run(
    feeds: Readonly<Record<string, Feed>>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Readonly<Record<string, ValueData>>>;
  /** The most that the values of a run have taken so far, in bytes; undefined where an executor does not count them. */
  readonly peakBytes?: () => number;
  /** Lets go of what lies outside of JavaScript's memory; also a second time, which does nothing more. */
  close(): Promise<void>;
}

/**
 * Prepares a model: every operator, attribute and type of it is honoured, and every value is made before it is used.
 *
 * @throws TRS_ONNX_OPSET, TRS_ONNX_OPERATOR, TRS_ONNX_ATTRIBUTE, TRS_ONNX_NODE, TRS_ONNX_TYPE, TRS_ONNX_ORDER,
 * TRS_ONNX_DUPLICATE naming the node
 */
export async function openSession(model: OnnxModel, options: SessionOptions = {}): Promise<Session> {
  const { graph } = model;
  const operators = await operatorsOf(model);
  // Checked as it came: what a rule takes away is not left out unseen.
  const asGiven = planModel(model, operators);
  const { model: rewritten, hits } = rewrite(model, options.rewrites === false ? [] : await runRules(model));
  const plan = Object.keys(hits).length > 0 ? planModel(rewritten, await operatorsOf(rewritten)) : asGiven;
  if (debug().level >= 1)
    for (const [rule, count] of Object.entries(hits)) console.error(`onnx: ${rule}: ${count}`);
  const uploaded = new WeakMap<Tensor, never>();
  const packed = new WeakMap<Tensor, never>();
  const constants: RunState['constants'] = new Map();
  const recorded: RunState['recorded'] = new Map();
  const seeds = seedsFrom(options.seed);
  const most = { bytes: 0 };
  return {
    inputs: graph.inputs,
    outputs: graph.outputs,
    async run(feeds, { signal } = {}) {
      checkFeeds(graph.inputs, feeds);
      signal?.throwIfAborted();
      const inputs = graph.inputs.map(({ name }) => {
        const feed = feeds[name];
        return feed && fromValueData({ ...feed, name } as ValueData);
      });
      const state = {
        live: 0,
        most,
        turns: 0,
        randomSeed: seeds,
        coreWork: options.coreWork ?? CORE_WORK,
        uploaded,
        packed,
        constants,
        recorded,
        signal,
      };
      const outputs = await execute(plan, inputs, state);
      return Object.fromEntries(
        graph.outputs.map(({ name }, index) => {
          const value = outputs[index];
          if (!value)
            throw new OnnxError('ORDER', `No node makes the output "${name}".`, 'Export the model again.');
          return [name, dataOf(name, value)];
        }),
      );
    },
    peakBytes: () => most.bytes,
    close: async () => {},
  };
}

/** Numbers that start a generator, one for each call of a node. */
function seedsFrom(seed: number | undefined): () => number {
  let count = 0;
  if (seed !== undefined) return () => (Math.imul(seed, 0x9e3779b1) + count++) >>> 0;
  return () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

async function operatorsOf(model: OnnxModel): Promise<ReadonlyMap<string, Versions>> {
  const nodes: OnnxNode[] = [];
  const walk = (list: readonly OnnxNode[]): void => {
    for (const node of list) {
      nodes.push(node);
      for (const attribute of Object.values(node.attributes))
        if (attribute.kind === 'graph') walk(attribute.value.nodes);
    }
  };
  walk(model.graph.nodes);
  for (const own of model.functions ?? []) walk(own.nodes);
  return await loadOperators(nodes);
}

function planModel(model: OnnxModel, operators: ReadonlyMap<string, Versions>): Plan {
  const functions = new Map(
    (model.functions ?? []).map((own) => [functionKey(own.domain, own.name, own.overload), own]),
  );
  const opsets = new Map(model.opsets.map((opset) => [opset.domain, opset.version]));
  checkOpsets(opsets);
  for (const own of functions.values())
    checkOpsets(new Map(own.opsets.map((one) => [one.domain, one.version])));
  const scope = { opsets, functions, operators, attributes: undefined, depth: 0, outer: undefined };
  const plan = planGraph(textOfGraph(model.graph), scope);
  checkOutputs(model.graph, plan.outputTypes);
  return plan;
}

function checkOpsets(opsets: ReadonlyMap<string, number>): void {
  for (const [domain, version] of opsets) {
    const range = OPSETS[domain];
    if (!range) continue;
    const [oldest, newest] = range;
    if (version >= oldest && version <= newest) continue;
    throw new OnnxError(
      'OPSET',
      `The model uses version ${version} of the operator set ${domain || 'ai.onnx'}; ${oldest} to ${newest} are known.`,
      'Export it with another operator set version.',
    );
  }
}

/** The answer is of the types that the graph declares. */
function checkOutputs(graph: OnnxGraph, types: readonly (ValueType | undefined)[]): void {
  for (const [index, info] of graph.outputs.entries()) {
    const [wanted, found] = [declared(info), types[index]];
    if (wanted === undefined || found === undefined || wanted === found) continue;
    throw new OnnxError(
      'TYPE',
      `The output "${info.name}" is declared as ${wanted}, and the graph makes ${found} of it.`,
      'Export the model again.',
    );
  }
}

function fromValueData(data: ValueData): Value {
  if (isTensorData(data)) return fromData(data);
  if ('entries' in data) return { kind: 'map', type: data.type, entries: data.entries };
  const items = data.items.map(fromValueData);
  return data.type.startsWith('optional')
    ? { kind: 'optional', type: data.type, value: items[0] }
    : { kind: 'sequence', type: data.type, items };
}

function dataOf(name: string, value: Value): ValueData {
  switch (value.kind) {
    case 'tensor':
      return { name, type: value.type, dims: value.dims, data: value.data };
    case 'map':
      return { name, type: value.type as `map<${string}>`, entries: value.entries };
    case 'sequence':
      return {
        name,
        type: value.type as `sequence<${string}>`,
        items: value.items.map((item) => dataOf('', item)),
      };
    case 'optional':
      return {
        name,
        type: value.type as `optional<${string}>`,
        items: value.value ? [dataOf('', value.value)] : [],
      };
  }
}

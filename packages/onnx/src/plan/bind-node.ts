import type { Attribute, OnnxGraph, OnnxNode, ValueType } from '../format/model.ts';
import { OnnxError } from '../onnx-error.ts';
import { Refusal, type Spec } from '../operators/attributes.ts';
import { type Definition, op, type Versions } from '../operators/definition.ts';
import { bindInputs, outputTypes, parseSignature } from '../operators/signature.ts';
import { functionKey, type GraphText, type Plan, type Scope, type Step, textOfGraph } from './step.ts';

type Bound = Omit<Step, 'inputs' | 'outputs' | 'frees'>;
type Typed = { readonly slot: number; readonly type: ValueType | undefined };

/** Functions within functions and graphs within graphs. */
const MAX_DEPTH = 48;

const labelOf = (node: OnnxNode): string =>
  `${node.domain ? `${node.domain}.` : ''}${node.operator}${node.name || node.outputs[0] ? ` "${node.name || node.outputs[0]}"` : ''}`;

/**
 * Chooses a node's definition by domain, name and operator set, and compares the node with it: nothing that the node says may be
 * left out.
 *
 * @throws TRS_ONNX_OPERATOR, TRS_ONNX_ATTRIBUTE, TRS_ONNX_NODE, TRS_ONNX_LIMIT naming the node
 */
export function bindNode(
  node: OnnxNode,
  inputs: readonly Typed[],
  scope: Scope,
  planGraph: (graph: GraphText, scope: Scope) => Plan,
): Bound {
  const label = labelOf(node);
  const fail = (reason: string): OnnxError =>
    new OnnxError('NODE', `The node ${label} cannot be run: ${reason}.`, 'Check how the model was exported.');
  if (scope.depth > MAX_DEPTH) throw fail(`it lies more than ${MAX_DEPTH} graphs or functions deep`);
  const inner: Scope = { ...scope, depth: scope.depth + 1 };
  const own = scope.functions.get(functionKey(node.domain, node.operator, node.overload));
  if (own) return bindCall(node, label, inputs, scope, planGraph, fail);
  const opset = scope.opsets.get(node.domain);
  const definition = definitionOf(node, label, opset, scope.operators);
  const resolved = resolveReferences(node.attributes, scope, label);
  const attributes = readAttributes(resolved, definition.attributes, label);
  const signature = parseSignature(definition.signature);
  const types = inputs.map(({ type }) => type);
  const bindings = bindInputs(
    signature,
    inputs.map(({ slot, type }) => ({ isGiven: slot >= 0, type })),
  );
  if (typeof bindings === 'string') throw fail(bindings);
  const hasInput = (index: number): boolean => (inputs[index]?.slot ?? -1) >= 0;
  const refused = definition.refuse?.(attributes as never, inputs.filter(({ slot }) => slot >= 0).length, {
    hasInput,
    types,
    hasOutput: (index) => (node.outputs[index] ?? '') !== '',
    outputCount: node.outputs.length,
  });
  if (refused) throw fail(refused);
  const more = definition.types?.(attributes as never, types) ?? {};
  for (const [name, type] of Object.entries(more)) if (type) bindings.set(name, type);
  const graphs: Record<string, OnnxGraph> = {};
  for (const [name, attribute] of Object.entries(resolved))
    if (attribute.kind === 'graph') graphs[name] = attribute.value;
  const bodyTypes = definition.bodies?.(types, attributes as never, graphs) ?? {};
  const bodies: Record<string, Plan> = {};
  for (const [name, graph] of Object.entries(graphs)) {
    const given = bodyTypes[name];
    if (given && given.length !== graph.inputs.length)
      throw fail(`its graph "${name}" has ${graph.inputs.length} inputs, and gets ${given.length}`);
    bodies[name] = planGraph(textOfGraph(graph, given), inner);
  }
  const outputs = Object.fromEntries(Object.entries(bodies).map(([name, plan]) => [name, plan.outputTypes]));
  const found =
    definition.bodyOutputs?.(outputs, types, attributes as never) ??
    outputTypes(signature, bindings, node.outputs.length);
  if (typeof found === 'string') throw fail(found);
  if (found.length < node.outputs.length)
    throw fail(`it has ${node.outputs.length} outputs, at most ${found.length} are known`);
  const ready = prepare(definition, attributes, label);
  const onHost = definition.core?.host ?? [];
  const isFloat = inputs.every(
    ({ slot, type }, index) => slot < 0 || type === 'float32' || onHost.includes(index),
  );
  return {
    ...{ label, operator: node.operator, opset: opset ?? 0, definition, attributes: ready, bodies, isFloat },
    outputTypes: found.slice(0, node.outputs.length),
  };
}

function prepare(
  definition: Definition,
  attributes: Record<string, unknown>,
  label: string,
): Readonly<Record<string, unknown>> {
  if (!definition.prepare) return attributes;
  try {
    // What is made ready goes where the attributes go: to the operator's own work.
    return definition.prepare(attributes as never) as Readonly<Record<string, unknown>>;
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    throw new OnnxError(
      'NODE',
      `The node ${label} cannot be run: ${thrown.message}.`,
      'Check how the model was exported.',
    );
  }
}

function definitionOf(
  node: OnnxNode,
  label: string,
  opset: number | undefined,
  operators: ReadonlyMap<string, Versions>,
): Definition {
  const versions = operators.get(functionKey(node.domain, node.operator));
  const known = Object.keys(versions ?? {}).map(Number);
  if (versions && opset !== undefined) {
    const version = Math.max(...known.filter((one) => one <= opset));
    const definition = versions[version];
    if (definition) return definition;
  }
  throw new OnnxError(
    'OPERATOR',
    versions
      ? `The node ${label} uses an operator that ${opset === undefined ? `needs the operator set ${node.domain || 'ai.onnx'}, which the model does not import` : `version ${opset} of the operator set ${node.domain || 'ai.onnx'} does not have`}.`
      : `The node ${label} uses the operator ${node.domain ? `${node.domain}.` : ''}${node.operator}, which is not supported.`,
    'Export the model with other operators, or serve it with another runtime.',
  );
}

/** In a function, an attribute may stand for one of the call; one that the call leaves out is left out. */
function resolveReferences(
  attributes: OnnxNode['attributes'],
  scope: Scope,
  label: string,
): Record<string, Exclude<Attribute, { kind: 'reference' }>> {
  // Without a prototype: a name such as __proto__ is a name.
  const found: Record<string, Exclude<Attribute, { kind: 'reference' }>> = Object.create(null);
  for (const [name, attribute] of Object.entries(attributes)) {
    if (attribute.kind !== 'reference') {
      found[name] = attribute;
      continue;
    }
    if (!scope.attributes) throw attributeError(label, name, 'refers to a function, and the node is in none');
    const given = Object.hasOwn(scope.attributes, attribute.value)
      ? scope.attributes[attribute.value]
      : undefined;
    if (given && given.kind !== 'reference') found[name] = given;
  }
  return found;
}

const attributeError = (label: string, name: string, reason: string): OnnxError =>
  new OnnxError(
    'ATTRIBUTE',
    `The node ${label} cannot be run: its attribute "${name}" ${reason}.`,
    'Export the model with another operator set version, or serve it with another runtime.',
  );

function readAttributes(
  given: Readonly<Record<string, Attribute>>,
  specs: Readonly<Record<string, Spec<unknown>>>,
  label: string,
): Record<string, unknown> {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(specs, name));
  if (unknown !== undefined)
    throw attributeError(label, unknown, 'is not known to this version of the operator');
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const attribute = Object.hasOwn(given, name) ? given[name] : undefined;
    if (attribute && !spec.kinds.includes(attribute.kind))
      throw attributeError(
        label,
        name,
        `is of the kind ${attribute.kind}, and must be ${spec.kinds.join(' or ')}`,
      );
    try {
      values[name] = spec.read(attribute);
    } catch (thrown) {
      if (thrown instanceof Refusal || thrown instanceof OnnxError)
        throw attributeError(label, name, thrown.message.replace(/\.$/, ''));
      throw thrown;
    }
  }
  return values;
}

/** A node that calls a function of the model: the function's nodes are its body. */
function bindCall(
  node: OnnxNode,
  label: string,
  inputs: readonly Typed[],
  scope: Scope,
  planGraph: (graph: GraphText, scope: Scope) => Plan,
  fail: (reason: string) => OnnxError,
): Bound {
  const own = scope.functions.get(functionKey(node.domain, node.operator, node.overload));
  if (!own) throw fail('its function is gone');
  const given = resolveReferences(node.attributes, scope, label);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(own.attributes, name));
  if (unknown !== undefined) throw attributeError(label, unknown, 'is none of its function');
  const attributes: Record<string, Attribute> = Object.assign(Object.create(null), given);
  for (const [name, otherwise] of Object.entries(own.attributes))
    if (otherwise && !Object.hasOwn(attributes, name)) attributes[name] = otherwise;
  if (inputs.length > own.inputs.length || node.outputs.length > own.outputs.length)
    throw fail('it has more inputs or outputs than its function');
  const missing = own.inputs.filter((_, index) => (inputs[index]?.slot ?? -1) < 0);
  const body = planGraph(
    {
      // An input that the call leaves out is left out in the function too.
      nodes: own.nodes.map((one) => ({
        ...one,
        inputs: one.inputs.map((name) => (missing.includes(name) ? '' : name)),
      })),
      initializers: [],
      inputs: own.inputs.map((name, index) => ({ name, type: inputs[index]?.type })),
      outputs: own.outputs.slice(0, node.outputs.length),
    },
    {
      ...scope,
      opsets: new Map(own.opsets.map(({ domain, version }) => [domain, version])),
      attributes,
      depth: scope.depth + 1,
      outer: undefined,
    },
  );
  return {
    ...{ label, operator: node.operator, opset: 0, definition: CALL, attributes: {}, isFloat: false },
    bodies: { body },
    outputTypes: body.outputTypes,
  };
}

/** Runs a function of the model. */
const CALL = op('V* -> V*', {}, (inputs, _, call) => call.body('body').run(inputs));

import { ELEMENT_TYPES, type ElementType } from '../../src/format/element-types.ts';
import {
  type Attribute,
  isTensorType,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type TensorData,
} from '../../src/format/model.ts';
import { readModel } from '../../src/format/read-model.ts';
import { writeModel } from '../../src/format/write-model.ts';
import { OnnxError } from '../../src/onnx-error.ts';
import { FAMILIES } from '../../src/operators/directory.ts';
import type { Feed } from '../../src/session/check-feeds.ts';
import { openSession } from '../../src/session/session.ts';

/*
 * One turn of a fuzz run: a file of the conformance cases is changed, opened, and run on made values. It ends in values or in an
 * error of ours. A turn depends on its seed and its number alone, so that it can be done again.
 */

/** Whole numbers below a limit that look random (mulberry32). */
export type Next = (limit: number) => number;
export function numbers(seed: number): Next {
  let state = seed | 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const oneOf = <T>(list: readonly T[], next: Next): T | undefined => list[next(Math.max(1, list.length))];

/** Whole numbers that somebody forgot. */
const INTEGERS = [
  -(2 ** 53),
  -(2 ** 31),
  -7,
  -2,
  -1,
  0,
  1,
  2,
  3,
  4,
  7,
  16,
  255,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 53,
];
const FLOATS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  0,
  1e-45,
  3.4e38,
  -1.5,
  0.5,
  3,
];
const TEXTS = ['', 'a', 'NOTSET', 'linear', '\u0000', '\u{1f600}', '((((a*)*)*)*)*$', '-1', 'nan'];

const OPERATORS = FAMILIES.flatMap(({ domain, names }) => names.map((operator) => ({ domain, operator })));

/** Some bytes are others, and now and then the end is missing. */
export function changedBytes(original: Uint8Array, next: Next): Uint8Array {
  const bytes = original.slice();
  const count = 1 + next(4);
  for (let change = 0; change < count; change++) bytes[next(bytes.length)] = next(256);
  return next(5) === 0 ? bytes.slice(0, next(bytes.length)) : bytes;
}

function changedAttribute(given: Attribute, next: Next): Attribute {
  switch (given.kind) {
    case 'int':
      return { kind: 'int', value: oneOf(INTEGERS, next) ?? 0 };
    case 'ints': {
      const list = given.value.slice(0, next(given.value.length + 1));
      const more = next(2) === 0 ? [oneOf(INTEGERS, next) ?? 0] : [];
      return { kind: 'ints', value: next(2) === 0 ? [...list, ...more] : given.value.map(() => next(5) - 1) };
    }
    case 'float':
      return { kind: 'float', value: oneOf(FLOATS, next) ?? 0 };
    case 'floats':
      return { kind: 'floats', value: given.value.slice(next(2)).map(() => oneOf(FLOATS, next) ?? 0) };
    case 'string':
      return { kind: 'string', value: oneOf(TEXTS, next) ?? '' };
    case 'strings':
      return { kind: 'strings', value: given.value.slice(next(2)).map(() => oneOf(TEXTS, next) ?? '') };
    case 'tensor':
      return { kind: 'tensor', value: changedTensor(given.value, next) };
    case 'graph':
      return { kind: 'graph', value: changedGraph(given.value, next) };
    default:
      return { kind: 'int', value: next(24) };
  }
}

/** A tensor of another shape, with as many elements or not; or of other values. */
function changedTensor(given: TensorData, next: Next): TensorData {
  const size = given.data.length;
  if (next(3) === 0)
    return { ...given, dims: oneOf([[size], [1, size], [size, 1], [], [0], [size + 1]], next) ?? [] };
  return { ...given, data: dataOf(given.type, size, next) };
}

function dataOf(type: ElementType, size: number, next: Next): TensorData['data'] {
  const isWild = next(3) === 0;
  if (type === 'string') return Array.from({ length: size }, () => oneOf(TEXTS, next) ?? '');
  if (type === 'int64' || type === 'uint64') {
    const sign = type === 'int64' ? 1n : 0n;
    const values = Array.from({ length: size }, () =>
      isWild ? BigInt(oneOf(INTEGERS, next) ?? 0) : BigInt(next(5)) - sign,
    );
    return type === 'int64' ? BigInt64Array.from(values) : BigUint64Array.from(values);
  }
  if (/float/.test(type)) {
    const values = Array.from({ length: size }, () =>
      isWild ? (oneOf(FLOATS, next) ?? 0) : next(100) / 50 - 1,
    );
    return type === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
  }
  // Small enough for every type: booleans take 0 and 1 alone.
  return Array.from({ length: size }, () => next(2));
}

function changedNode(node: OnnxNode, names: readonly string[], next: Next): OnnxNode {
  const at = next(Math.max(1, node.inputs.length));
  switch (next(10)) {
    case 0:
      return { ...node, ...oneOf(OPERATORS, next) };
    case 1:
      return {
        ...node,
        inputs: node.inputs.map((name, i) => (i === at ? (oneOf(names, next) ?? '') : name)),
      };
    case 2:
      return {
        ...node,
        inputs:
          next(2) === 0 ? node.inputs.slice(0, at) : node.inputs.map((name, i) => (i === at ? '' : name)),
      };
    case 3:
      return { ...node, inputs: [...node.inputs, oneOf(names, next) ?? ''] };
    default: {
      const [name, attribute] = oneOf(Object.entries(node.attributes), next) ?? [];
      if (name === undefined || !attribute) return node;
      const { [name]: _, ...rest } = node.attributes;
      return {
        ...node,
        attributes: next(6) === 0 ? rest : { ...rest, [name]: changedAttribute(attribute, next) },
      };
    }
  }
}

function changedGraph(graph: OnnxGraph, next: Next): OnnxGraph {
  const names = [
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ];
  const node = next(Math.max(1, graph.nodes.length));
  const input = next(Math.max(1, graph.inputs.length));
  const of = graph.inputs[input]?.type;
  const type = oneOf(ELEMENT_TYPES, next) ?? 'bool';
  switch (next(10)) {
    // Inputs of one type become those of another, so that their nodes may still take them.
    case 0:
    case 1:
      return {
        ...graph,
        inputs: graph.inputs.map((info) => (info.type === of ? { ...info, type } : info)),
        initializers: graph.initializers.map((one) =>
          one.type === of ? { ...one, type, data: dataOf(type, one.data.length, next) } : one,
        ),
      };
    case 2:
    case 3:
      return {
        ...graph,
        inputs: graph.inputs.map((info, i) =>
          i === input ? { ...info, dims: Array.from({ length: next(5) }, () => next(4)) } : info,
        ),
      };
    case 4:
      return {
        ...graph,
        initializers: graph.initializers.map((one) => (next(2) === 0 ? changedTensor(one, next) : one)),
      };
    case 5:
      return {
        ...graph,
        nodes: graph.nodes.flatMap((one, i) => (i === node ? (next(2) === 0 ? [] : [one, one]) : [one])),
      };
    default:
      return {
        ...graph,
        nodes: graph.nodes.map((one, i) => (i === node ? changedNode(one, names, next) : one)),
      };
  }
}

/** The graph is another: nodes, inputs, attributes, types, shapes, operator sets. */
export function changedModel(model: OnnxModel, next: Next): OnnxModel {
  const opsets =
    next(10) === 0 ? model.opsets.map((one) => ({ ...one, version: 1 + next(30) })) : model.opsets;
  let { graph } = model;
  const count = 1 + next(2);
  for (let change = 0; change < count; change++) graph = changedGraph(graph, next);
  // The answer may be of another type than the file declares: what is looked for comes behind that.
  const outputs = graph.outputs.map((info) => ({ ...info, isUntyped: true, isRankless: true }));
  return { ...model, opsets, graph: { ...graph, outputs } };
}

/** Elements of a made input: more would take long, not go wrong in another way. */
const MAX_FEED = 10_000;

function feedsOf(model: Pick<OnnxGraph, 'inputs'>, next: Next): Record<string, Feed> {
  const feeds: Record<string, Feed> = {};
  for (const { name, type, dims } of model.inputs) {
    const shape = dims.map((dim) => (typeof dim === 'number' ? dim : next(4)));
    const size = shape.reduce((product, length) => product * length, 1);
    if (isTensorType(type) && size <= MAX_FEED)
      feeds[name] = { type, dims: shape, data: dataOf(type, size, next) };
  }
  return feeds;
}

export type Outcome = 'ran' | 'refused when it was opened' | 'refused when it ran';

/** A quarter of the files have other bytes, a quarter are as they were and get wild values, the others are other graphs. */
function changed(original: Uint8Array, next: Next): OnnxModel {
  const kind = next(4);
  if (kind === 0) return readModel(changedBytes(original, next));
  const model = readModel(original);
  if (kind === 1) return model;
  const other = changedModel(model, next);
  // It goes through the writer now and then, which refuses what is no model.
  return next(4) === 0 ? readModel(writeModel(other)) : other;
}

/**
 * Changes a file, opens it and runs it.
 *
 * @throws what is no error of ours
 */
export async function turn(original: Uint8Array, next: Next): Promise<Outcome> {
  let isOpen = false;
  try {
    const model = changed(original, next);
    const session = await openSession(model, next(4) === 0 ? { coreWork: 0 } : {});
    isOpen = true;
    await session.run(feedsOf(session, next));
    return 'ran';
  } catch (thrown) {
    if (thrown instanceof OnnxError) return isOpen ? 'refused when it ran' : 'refused when it was opened';
    throw thrown;
  }
}

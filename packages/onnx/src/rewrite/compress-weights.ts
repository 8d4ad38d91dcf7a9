import type { Attribute, OnnxModel, OnnxNode, TensorData } from '../format/model.ts';
import { OnnxError } from '../onnx-error.ts';
import { byChannel } from './by-channel.ts';
import { type GraphView, viewOf } from './rule.ts';

/** How weights are kept: half as large, a quarter, or an eighth. */
export type WeightFormat = 'float16' | 'int8' | 'int4';

export interface Compressed {
  readonly model: OnnxModel;
  /** Weights that are kept otherwise now. */
  readonly weights: number;
  /** Why weights of a thousand values or more stay as they are, by their names. */
  readonly left: Readonly<Record<string, string>>;
}

/** Below, what stands beside a weight costs more than it saves. */
const LEAST_VALUES = 1_000;
/** Values of a column that share a factor. */
const BLOCK = 32;
/** The largest number of a float16. */
const MOST_HALF = 65_504;

/**
 * Keeps weights smaller: as float16, or as integers of 8 or 4 bits with factors by channel or by block of 32 values. The graph
 * computes in float32 as before, with weights that are rounded; activations are not touched (`quantize` computes in integers). int4 is
 * what `MatMulNBits` of com.microsoft defines.
 *
 * @throws TRS_ONNX_OPSET where the operators that it takes are younger than the model
 */
export function compressWeights(model: OnnxModel, to: WeightFormat): Compressed {
  const view = viewOf(model);
  if (to === 'int8' && view.opset < 13)
    throw new OnnxError(
      'OPSET',
      `The model is of operator set ${view.opset}; integers with a factor for each channel are of 13 and newer ones.`,
      'Export it with operator set 13 or newer, or keep its weights as float16.',
    );
  const taken = new Set([
    ...view.makers.keys(),
    ...model.graph.initializers.map(({ name }) => name),
    ...model.graph.inputs.map(({ name }) => name),
  ]);
  const left: Record<string, string> = {};
  const before: OnnxNode[] = [];
  const replaced = new Map<OnnxNode, OnnxNode>();
  let weights = 0;
  const initializers = model.graph.initializers.flatMap((tensor): readonly TensorData[] => {
    if (tensor.data.length < LEAST_VALUES) return [tensor];
    const made = compressed(tensor, to, view);
    if (typeof made === 'string') {
      left[tensor.name] = made;
      return [tensor];
    }
    if (made.tensors.some(({ name }) => taken.has(name))) {
      left[tensor.name] = 'another value has the name that it would get';
      return [tensor];
    }
    weights += 1;
    before.push(...made.nodes);
    for (const [node, other] of made.replaced) replaced.set(node, other);
    return made.tensors;
  });
  const domains = to === 'int4' && weights > 0 ? [{ domain: 'com.microsoft', version: 1 }] : [];
  return {
    weights,
    left,
    model: {
      ...model,
      opsets: [
        ...model.opsets,
        ...domains.filter(({ domain }) => model.opsets.every((one) => one.domain !== domain)),
      ],
      graph: {
        ...model.graph,
        initializers,
        nodes: [...before, ...model.graph.nodes.map((node) => replaced.get(node) ?? node)],
      },
    },
  };
}

interface Made {
  readonly tensors: readonly TensorData[];
  /** They make the weight of them, by its own name. */
  readonly nodes: readonly OnnxNode[];
  /** Nodes that take it as it is kept. */
  readonly replaced: ReadonlyMap<OnnxNode, OnnxNode>;
}

/** @returns why not, where a weight stays as it is */
function compressed(tensor: TensorData, to: WeightFormat, view: GraphView): Made | string {
  const { name, dims, data, type } = tensor;
  if (!view.weights.has(name)) return 'a caller may feed another in its place';
  if (type !== 'float32' || !(data instanceof Float32Array)) return `it is ${type}`;
  if (dims.length < 2) return 'it is no matrix';
  if (!data.every(Number.isFinite)) return 'it holds values that are no numbers';
  if (to === 'int4') return inBlocks(tensor, data, view);
  if (to === 'float16') {
    if (data.some((value) => Math.abs(value) > MOST_HALF)) return 'it holds values beyond those of float16';
    const half = { name: `${name}.float16`, type: 'float16', dims, data } as const;
    const node = nodeOf('Cast', [half.name], name, { to: { kind: 'int', value: 1 } });
    return { tensors: [half], nodes: [node], replaced: new Map() };
  }
  const axis = channelAxis(tensor, view);
  const { codes, factors } = byChannel(data, dims, axis);
  const tensors = [
    { name: `${name}.int8`, type: 'int8', dims, data: codes },
    { name: `${name}.factors`, type: 'float32', dims: [factors.length], data: factors },
  ] as const;
  const inputs = tensors.map((one) => one.name);
  const node = nodeOf('DequantizeLinear', inputs, name, { axis: { kind: 'int', value: axis } });
  return { tensors, nodes: [node], replaced: new Map() };
}

/** The axis of a weight whose entries do not mix: the outputs of what reads it first. */
function channelAxis({ name, dims }: TensorData, view: GraphView): number {
  const reader = view.readers.get(name)?.[0];
  const isTransposed =
    reader?.attributes.transB?.kind === 'int' && Number(reader.attributes.transB.value) === 1;
  if (reader?.operator === 'Conv' || reader?.operator === 'Gather' || isTransposed) return 0;
  return reader?.operator === 'ConvTranspose' ? 1 : dims.length - 1;
}

/** Right sides of products, column by column in blocks, as MatMulNBits wants them. */
function inBlocks(tensor: TensorData, data: Float32Array, view: GraphView): Made | string {
  const { name, dims } = tensor;
  const readers = view.readers.get(name) ?? [];
  const isProduct = (node: OnnxNode): boolean =>
    node.operator === 'MatMul' && node.domain === '' && node.inputs[1] === name && node.inputs[0] !== name;
  if (dims.length !== 2 || view.kept.has(name) || readers.length === 0 || !readers.every(isProduct))
    return 'it is more than the right side of a product, which is all that has weights of 4 bits';
  const [k = 0, n = 0] = dims;
  const blocks = Math.ceil(k / BLOCK);
  const codes = new Uint8Array((n * blocks * BLOCK) / 2).fill(0x88);
  const factors = new Float32Array(n * blocks);
  for (let column = 0; column < n; column++)
    for (let block = 0; block < blocks; block++) {
      const [from, to] = [block * BLOCK, Math.min(k, (block + 1) * BLOCK)];
      let largest = 0;
      for (let row = from; row < to; row++) {
        const value = data[row * n + column] ?? 0;
        if (Math.abs(value) > Math.abs(largest)) largest = value;
      }
      // The value that lies farthest from 0 is -8, of which there is a code; 8 has none.
      const factor = Math.abs(largest) >= 1e-36 ? largest / -8 : 1;
      factors[column * blocks + block] = factor;
      for (let row = from; row < to; row++) {
        const code = Math.min(15, Math.max(0, Math.round((data[row * n + column] ?? 0) / factor) + 8));
        const at = (column * blocks * BLOCK + row) >> 1;
        const old = codes[at] ?? 0;
        codes[at] = row % 2 === 0 ? (old & 0xf0) | code : (old & 0x0f) | (code << 4);
      }
    }
  const tensors = [
    { name: `${name}.int4`, type: 'uint8', dims: [n, blocks, BLOCK / 2], data: codes },
    { name: `${name}.factors`, type: 'float32', dims: [n * blocks], data: factors },
  ] as const;
  const int = (value: number): Attribute => ({ kind: 'int', value });
  const replaced = readers.map((node): [OnnxNode, OnnxNode] => [
    node,
    {
      ...node,
      operator: 'MatMulNBits',
      domain: 'com.microsoft',
      inputs: [node.inputs[0] ?? '', ...tensors.map((one) => one.name)],
      attributes: { K: int(k), N: int(n), bits: int(4), block_size: int(BLOCK) },
    },
  ]);
  return { tensors, nodes: [], replaced: new Map(replaced) };
}

const nodeOf = (
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode['attributes'],
): OnnxNode => ({ name: `${output}.restored`, operator, domain: '', inputs, outputs: [output], attributes });

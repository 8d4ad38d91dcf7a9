import { int } from '../format/graph-builder.ts';
import type { OnnxModel, OnnxNode, TensorData } from '../format/model.ts';
import { OnnxError } from '../onnx-error.ts';
import { byChannel } from './by-channel.ts';
import { dropUnused } from './drop-unused.ts';
import { rewrite } from './rewrite.ts';
import { type GraphView, viewOf } from './rule.ts';

/** The least and most that a value has been, by its name. */
export type Ranges = ReadonlyMap<string, readonly [number, number]>;

export interface Quantized {
  readonly model: OnnxModel;
  /** Products and convolutions that compute in integers now. */
  readonly nodes: number;
  /** Why products and convolutions with large weights stay as they are, by their weights' names. */
  readonly left: Readonly<Record<string, string>>;
}

/** Below, bringing a value to integers costs more than the product. */
const LEAST_VALUES = 1_000;

/** A product or convolution with a weight that is known. */
interface Product {
  readonly node: OnnxNode;
  readonly input: string;
  readonly weight: TensorData & { readonly data: Float32Array };
  readonly bias: TensorData | undefined;
  readonly isConvolution: boolean;
  /** Whether the weight is [outputs, inputs]. */
  readonly isTurned: boolean;
}

/** The values that products read, of which `quantize` wants the ranges where it is to take them as fixed. */
export const quantizedValues = (model: OnnxModel): readonly string[] => [
  ...new Set(productsOf(viewOf(model)).found.map(({ input }) => input)),
];

/**
 * Makes products and convolutions with known weights compute in integers of 8 bits: weights with a factor for each output, symmetric
 * around 0; what they are multiplied with by one factor and zero point (Jacob et al. 2018, section 2.1).
 *
 * Without ranges these are taken from each value as it comes (DynamicQuantizeLinear and the integer operators of ai.onnx); with ranges
 * they are fixed (QuantizeLinear and DequantizeLinear around each operator, which runners compute in integers).
 *
 * @throws TRS_ONNX_OPSET where the operators are younger than the model
 */
export function quantize(model: OnnxModel, ranges?: Ranges): Quantized {
  const view = viewOf(model);
  if (view.opset < 13)
    throw new OnnxError(
      'OPSET',
      `The model is of operator set ${view.opset}; integers with a factor for each channel are of 13 and newer ones.`,
      'Export it with operator set 13 or newer.',
    );
  const { found, left } = productsOf(view);
  const names = new Set([
    ...view.makers.keys(),
    ...model.graph.initializers.map(({ name }) => name),
    ...model.graph.inputs.map(({ name }) => name),
  ]);
  const made = new Made(names);
  const replaced = new Map<OnnxNode, readonly OnnxNode[]>();
  for (const product of found) {
    const range = ranges?.get(product.input);
    if (range && !Number.isFinite(Math.fround(range[1] - range[0]))) {
      left[product.weight.name] = `"${product.input}" is too large for a factor of float32`;
      continue;
    }
    if (ranges && !range) {
      left[product.weight.name] = `nothing is known of how large "${product.input}" is`;
      continue;
    }
    replaced.set(product.node, range ? fixed(product, range, made) : dynamic(product, made));
  }
  const graph = {
    ...model.graph,
    initializers: [...model.graph.initializers, ...made.tensors.values()],
    nodes: model.graph.nodes.flatMap((node) => replaced.get(node) ?? [node]),
  };
  // Weights as they were are read by nothing any more.
  const { model: cleared } = rewrite({ ...model, graph }, [dropUnused]);
  return { nodes: replaced.size, left, model: cleared };
}

/** Tensors and nodes that several products may share, each made once, under names that nothing else has. */
class Made {
  readonly tensors = new Map<string, TensorData>();
  readonly #taken: ReadonlySet<string>;
  readonly #done = new Set<string>();

  constructor(taken: ReadonlySet<string>) {
    this.#taken = taken;
  }

  name(wanted: string): string {
    let name = wanted;
    while (this.#taken.has(name)) name += '_';
    return name;
  }

  tensor(wanted: string, make: () => Omit<TensorData, 'name'>): string {
    const name = this.name(wanted);
    if (!this.tensors.has(name)) this.tensors.set(name, { ...make(), name } as TensorData);
    return name;
  }

  /** The node, the first time that its output is asked for: those that read it come behind. */
  once(operator: string, inputs: readonly string[], outputs: readonly string[], attributes = {}): OnnxNode[] {
    const [first = ''] = outputs;
    if (this.#done.has(first)) return [];
    this.#done.add(first);
    return [{ name: first, operator, domain: '', inputs, outputs, attributes }];
  }
}

function productsOf(view: GraphView): {
  readonly found: readonly Product[];
  readonly left: Record<string, string>;
} {
  const left: Record<string, string> = {};
  const found = view.graph.nodes.flatMap((node): readonly Product[] => {
    if (node.domain !== '' || !['MatMul', 'Gemm', 'Conv'].includes(node.operator)) return [];
    const [input = '', name = '', biasName = ''] = node.inputs;
    const weight = view.weights.get(name);
    if (!weight || weight.data.length < LEAST_VALUES) return [];
    const flag = (attribute: string): number => {
      const given = node.attributes[attribute];
      return given?.kind === 'int' || given?.kind === 'float' ? Number(given.value) : Number.NaN;
    };
    const bias = view.weights.get(biasName);
    const why = (): string | undefined => {
      if (!(weight.data instanceof Float32Array) || weight.type !== 'float32') return `it is ${weight.type}`;
      if (!weight.data.every(Number.isFinite)) return 'it holds values that are no numbers';
      if (node.operator !== 'Conv' && weight.dims.length !== 2) return 'it is no matrix';
      if (node.operator === 'Conv' && biasName !== '' && !(bias?.data instanceof Float32Array))
        return 'the bias beside it is computed';
      const isScaled = ['alpha', 'beta'].some((one) => !Number.isNaN(flag(one)) && flag(one) !== 1);
      if (node.operator === 'Gemm' && (isScaled || flag('transA') === 1))
        return 'its product is scaled or turned';
      return undefined;
    };
    const reason = why();
    if (reason !== undefined) {
      left[name] = reason;
      return [];
    }
    return [
      {
        node,
        input,
        weight: weight as Product['weight'],
        bias,
        isConvolution: node.operator === 'Conv',
        isTurned: node.operator === 'Gemm' && flag('transB') === 1,
      },
    ];
  });
  return { found, left };
}

/** The weight as [inputs, outputs], which the integer product reads, or as the convolution has it. */
function codesOf({ weight, isConvolution, isTurned }: Product) {
  const { dims, data } = weight;
  if (isConvolution) return { dims, axis: 0, ...byChannel(data, dims, 0) };
  if (!isTurned) return { dims, axis: 1, ...byChannel(data, dims, 1) };
  const [outputs = 0, inputs = 0] = dims;
  const { codes, factors } = byChannel(data, dims, 0);
  const turned = Int8Array.from(
    codes,
    (_, at) => codes[(at % outputs) * inputs + Math.floor(at / outputs)] ?? 0,
  );
  return { dims: [inputs, outputs], axis: 1, codes: turned, factors };
}

/** What is made of a weight is called by it, and by how it is read: several products may share one, some of them turned. */
const ownName = ({ weight, isTurned }: Product): string => (isTurned ? `${weight.name}.turned` : weight.name);

const scalar = (type: 'uint8' | 'float32', value: number) => (): Omit<TensorData, 'name'> =>
  ({ type, dims: [], data: type === 'uint8' ? Uint8Array.of(value) : Float32Array.of(value) }) as const;

function dynamic(product: Product, made: Made): OnnxNode[] {
  const { node, input, bias, isConvolution } = product;
  const [output = ''] = node.outputs;
  const { dims, codes, factors } = codesOf(product);
  const spread = isConvolution ? [factors.length, ...dims.slice(2).map(() => 1)] : [factors.length];
  // ONNX Runtime convolves unsigned weights alone.
  const own = ownName(product);
  const weightName = made.tensor(`${own}.${isConvolution ? 'uint8' : 'int8'}`, () =>
    isConvolution
      ? { type: 'uint8', dims, data: Uint8Array.from(codes, (code) => code + 128) }
      : { type: 'int8', dims, data: codes },
  );
  const factorName = made.tensor(`${own}.factors`, () => ({
    type: 'float32',
    dims: spread,
    data: factors,
  }));
  const [code = '', scale = '', zero = ''] = ['codes', 'scale', 'zero'].map((one) =>
    made.name(`${input}.${one}`),
  );
  const [sums = '', numbers = '', factor = '', scaled = ''] = ['sums', 'numbers', 'factor', 'scaled'].map(
    (one) => made.name(`${output}.${one}`),
  );
  const biasName =
    bias && isConvolution
      ? made.tensor(`${bias.name}.spread.${own}`, () => ({ type: 'float32', dims: spread, data: bias.data }))
      : (node.inputs[2] ?? '');
  const zeros = isConvolution ? [made.tensor('weights.zero', scalar('uint8', 128))] : [];
  return [
    ...made.once('DynamicQuantizeLinear', [input], [code, scale, zero]),
    ...(isConvolution
      ? made.once('ConvInteger', [code, weightName, zero, ...zeros], [sums], node.attributes)
      : made.once('MatMulInteger', [code, weightName, zero], [sums])),
    ...made.once('Cast', [sums], [numbers], { to: int(1) }),
    ...made.once('Mul', [scale, factorName], [factor]),
    ...made.once('Mul', [numbers, factor], [biasName === '' ? output : scaled]),
    ...(biasName === '' ? [] : made.once('Add', [scaled, biasName], [output])),
  ];
}

function fixed(product: Product, [least, most]: readonly [number, number], made: Made): OnnxNode[] {
  const { node, input, bias, isConvolution } = product;
  const { dims, axis, codes, factors } = codesOf(product);
  // Zero has a code of its own: it is what padding holds and rectifiers give.
  const [from, to] = [Math.min(0, least), Math.max(0, most)];
  const scale = Math.fround((to - from) / 255) || 1;
  const scaleName = made.tensor(`${input}.scale`, scalar('float32', scale));
  const zeroName = made.tensor(
    `${input}.zero`,
    scalar('uint8', Math.min(255, Math.max(0, Math.round(-from / scale)))),
  );
  const [code = '', restored = ''] = ['codes', 'restored'].map((one) => made.name(`${input}.${one}`));
  const own = ownName(product);
  const weightName = made.tensor(`${own}.int8`, () => ({ type: 'int8', dims, data: codes }));
  const factorName = made.tensor(`${own}.factors`, () => ({
    type: 'float32',
    dims: [factors.length],
    data: factors,
  }));
  const restoredWeight = made.name(`${own}.restored`);
  const nodes = [
    ...made.once('QuantizeLinear', [input, scaleName, zeroName], [code]),
    ...made.once('DequantizeLinear', [code, scaleName, zeroName], [restored]),
    ...made.once('DequantizeLinear', [weightName, factorName], [restoredWeight], { axis: int(axis) }),
  ];
  if (!isConvolution) {
    const [, , third] = node.inputs;
    const { transB: _turned, ...attributes } = node.attributes;
    return [
      ...nodes,
      { ...node, inputs: [restored, restoredWeight, ...(third === undefined ? [] : [third])], attributes },
    ];
  }
  if (!bias) return [...nodes, { ...node, inputs: [restored, restoredWeight] }];
  // On the scale of the sums, as an integer: runners add it to them.
  const biasFactors = factors.map((factor) => factor * scale);
  const biasCode = made.tensor(`${bias.name}.int32.${input}.${own}`, () => ({
    type: 'int32',
    dims: bias.dims,
    data: Int32Array.from(bias.data as Float32Array, (value, at) =>
      Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.round(value / (biasFactors[at] ?? 1)))),
    ),
  }));
  const biasFactor = made.tensor(`${bias.name}.factors.${input}.${own}`, () => ({
    type: 'float32',
    dims: bias.dims,
    data: biasFactors,
  }));
  const restoredBias = made.name(`${bias.name}.restored.${input}.${own}`);
  return [
    ...nodes,
    ...made.once('DequantizeLinear', [biasCode, biasFactor], [restoredBias], { axis: int(0) }),
    { ...node, inputs: [restored, restoredWeight, restoredBias] },
  ];
}

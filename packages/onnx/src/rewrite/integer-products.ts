import type { OnnxNode, TensorData } from '../format/model.ts';
import type { GraphView, Rule } from './rule.ts';

/** Outputs of DynamicQuantizeLinear: integers, their scale and their zero point. */
const [CODES, SCALE, ZERO] = [0, 1, 2] as const;

/** The node that makes a value, where it is this operator of ai.onnx. */
function makerOf(view: GraphView, value: string | undefined, operator: string): OnnxNode | undefined {
  const maker = view.makers.get(value ?? '');
  return maker?.operator === operator && maker.domain === '' ? maker : undefined;
}

/** Whether nothing else reads a value. */
const isReadOnce = (view: GraphView, value: string | undefined): boolean =>
  value !== undefined && view.readers.get(value)?.length === 1 && !view.kept.has(value);

/** A weight that is one number, or one for each of so many columns. */
const isOfColumns = (weight: TensorData | undefined, columns: number): boolean =>
  weight !== undefined &&
  weight.type === 'float32' &&
  (weight.dims.length === 0 || (weight.dims.length === 1 && [1, columns].includes(weight.dims[0] ?? 0)));

/** Puts nodes in the place of others; those that are no longer read go with what nothing reads. */
const replacing = (view: GraphView, replaced: ReadonlyMap<OnnxNode, OnnxNode>) =>
  replaced.size === 0
    ? undefined
    : {
        hits: replaced.size,
        graph: { ...view.graph, nodes: view.graph.nodes.map((node) => replaced.get(node) ?? node) },
        opsets: [{ domain: 'com.microsoft', version: 1 }],
      };

const toFloat = (node: OnnxNode, inputs: readonly string[]): OnnxNode => ({
  ...node,
  operator: 'MatMulIntegerToFloat',
  domain: 'com.microsoft',
  inputs,
  attributes: {},
});

/** A product of integers, brought to numbers by the scale of its left side and those of its weights: one pass over the sums. */
const scaleSums: Rule = {
  name: 'a product of integers and its scale',
  apply(view) {
    const replaced = new Map<OnnxNode, OnnxNode>();
    for (const node of view.graph.nodes) {
      const made = scaledSums(node, view);
      if (!made) continue;
      const [reader] = view.readers.get(node.outputs[0] ?? '') ?? [];
      const bias =
        reader && isReadOnce(view, node.outputs[0]) ? addedTo(reader, node, made.columns, view) : undefined;
      if (reader && bias !== undefined) replaced.set(reader, toFloat(reader, [...made.inputs, bias]));
      else replaced.set(node, toFloat(node, made.inputs));
    }
    return replacing(view, replaced);
  },
};

/** Mul(Cast(MatMulInteger(codes, weight, zero, weightZero)), Mul(scale, weightScale)) */
function scaledSums(node: OnnxNode, view: GraphView) {
  if (node.operator !== 'Mul' || node.domain !== '') return undefined;
  for (const [numbers, factor] of [node.inputs, node.inputs.toReversed()]) {
    const cast = makerOf(view, numbers, 'Cast');
    const product = makerOf(view, cast?.inputs[0], 'MatMulInteger');
    const scales = makerOf(view, factor, 'Mul');
    if (!cast || !product || !scales || !isReadOnce(view, numbers) || !isReadOnce(view, cast.inputs[0]))
      continue;
    if (Number(cast.attributes.to && 'value' in cast.attributes.to ? cast.attributes.to.value : 0) !== 1)
      continue;
    const [codes = '', weightName = '', zero = '', weightZero = ''] = product.inputs;
    const quantised = makerOf(view, codes, 'DynamicQuantizeLinear');
    const weight = view.weights.get(weightName);
    const columns = weight?.dims[1];
    if (!quantised || weight?.dims.length !== 2 || columns === undefined) continue;
    if (quantised.outputs[CODES] !== codes || quantised.outputs[ZERO] !== zero) continue;
    const [scale] = scales.inputs.filter((name) => name === quantised.outputs[SCALE]);
    const [weightScale] = scales.inputs.filter((name) => isOfColumns(view.weights.get(name), columns));
    if (scale === undefined || weightScale === undefined) continue;
    if (weightZero !== '' && !view.weights.has(weightZero)) continue;
    return { columns, inputs: [codes, weightName, scale, weightScale, zero, weightZero] };
  }
  return undefined;
}

/** The bias that a node adds to another. */
function addedTo(reader: OnnxNode, node: OnnxNode, columns: number, view: GraphView): string | undefined {
  if (reader.operator !== 'Add' || reader.domain !== '') return undefined;
  const [bias] = reader.inputs.filter((name) => name !== node.outputs[0]);
  const weight = view.weights.get(bias ?? '');
  return weight?.dims.length === 1 && weight.dims[0] === columns && weight.type === 'float32'
    ? bias
    : undefined;
}

/** What DequantizeLinear restores: integers of 8 bits, their scale and zero point, all known but the integers themselves. */
interface Restored {
  readonly codes: string;
  readonly scale: TensorData;
  readonly zero: string;
  readonly axis: number;
}
function restoredBy(view: GraphView, value: string | undefined): Restored | undefined {
  const node = makerOf(view, value, 'DequantizeLinear');
  const [codes = '', scaleName = '', zero = ''] = node?.inputs ?? [];
  const scale = view.weights.get(scaleName);
  const known = new Set(Object.keys(node?.attributes ?? {}));
  known.delete('axis');
  if (!node || scale?.type !== 'float32' || known.size > 0) return undefined;
  if (zero !== '' && !view.weights.has(zero)) return undefined;
  const axis = node.attributes.axis;
  return { codes, scale, zero, axis: axis?.kind === 'int' ? Number(axis.value) : 1 };
}

const isByte = (type: string | undefined): boolean => type === 'uint8' || type === 'int8';

/** Whether QuantizeLinear, or a weight, has made integers of 8 bits of a value: which of them says the zero point. */
function areBytes(view: GraphView, { codes, zero }: Restored): boolean {
  if (view.weights.has(codes)) return isByte(view.weights.get(codes)?.type);
  return makerOf(view, codes, 'QuantizeLinear') !== undefined && isByte(view.weights.get(zero)?.type);
}

/** A product of what was brought to integers and restored, with a weight that was: the integers are multiplied. */
const multiplyCodes: Rule = {
  name: 'a product of restored integers',
  apply(view) {
    const replaced = new Map<OnnxNode, OnnxNode>();
    for (const node of view.graph.nodes) {
      if (node.operator !== 'MatMul' || node.domain !== '') continue;
      const [left, right] = node.inputs.map((name) => restoredBy(view, name));
      const weight = view.weights.get(right?.codes ?? '');
      if (!left || !right || !areBytes(view, left) || !areBytes(view, right)) continue;
      if (weight?.dims.length !== 2 || left.scale.data.length !== 1 || left.scale.dims.length > 1) continue;
      const isByColumn = right.scale.data.length === 1 || right.axis === 1 || right.axis === -1;
      if (!isByColumn || !isOfColumns(right.scale, weight.dims[1] ?? 0)) continue;
      replaced.set(
        node,
        toFloat(node, [left.codes, right.codes, left.scale.name, right.scale.name, left.zero, right.zero]),
      );
    }
    return replacing(view, replaced);
  },
};

/** A convolution of restored integers that becomes integers again at once. */
const convolveCodes: Rule = {
  name: 'a convolution of restored integers',
  apply(view) {
    const replaced = new Map<OnnxNode, OnnxNode>();
    const zeros = new Map<string, TensorData>();
    for (const node of view.graph.nodes) {
      const found =
        node.operator === 'QuantizeLinear' && node.domain === '' ? convolvedBy(node, view) : undefined;
      if (!found) continue;
      const { convolution, x, w, bias, scaleName, zeroName, type } = found;
      // QLinearConv names the zero point of its weights, which is 0 where DequantizeLinear names none.
      const zero = { name: `${type}.zero of weights`, type, dims: [], data: zeroOf(type) } as TensorData;
      if (view.makers.has(zero.name) || view.weights.has(zero.name)) continue;
      zeros.set(zero.name, zero);
      replaced.set(node, {
        ...node,
        operator: 'QLinearConv',
        inputs: [
          ...[x.codes, x.scale.name, x.zero, w.codes, w.scale.name, zero.name, scaleName, zeroName],
          ...(bias ? [bias.codes] : []),
        ],
        attributes: convolution.attributes,
      });
    }
    const made = replacing(view, replaced);
    return (
      made && {
        ...made,
        graph: { ...made.graph, initializers: [...made.graph.initializers, ...zeros.values()] },
      }
    );
  },
};

const zeroOf = (type: string): Int8Array | Uint8Array =>
  type === 'int8' ? new Int8Array(1) : new Uint8Array(1);

/** QuantizeLinear(Conv(DequantizeLinear(x), DequantizeLinear(w), DequantizeLinear(bias))), also with a Relu that its limits do. */
function convolvedBy(node: OnnxNode, view: GraphView) {
  const [value = '', scaleName = '', zeroName = ''] = node.inputs;
  const [scale, zero] = [view.weights.get(scaleName), view.weights.get(zeroName)];
  if (scale?.data.length !== 1 || zero?.data.length !== 1 || !isByte(zero.type)) return undefined;
  const relu = makerOf(view, value, 'Relu');
  // What is below zero has the least code, as zero itself.
  if (relu && (Number(zero.data[0]) !== (zero.type === 'uint8' ? 0 : -128) || !isReadOnce(view, value)))
    return undefined;
  const made = relu ? relu.inputs[0] : value;
  const convolution = makerOf(view, made, 'Conv');
  if (!convolution || !isReadOnce(view, made)) return undefined;
  const [x, w, bias] = convolution.inputs.map((name) => restoredBy(view, name));
  if (!x || !w || !areBytes(view, x) || !areBytes(view, w) || x.scale.data.length !== 1) return undefined;
  const weight = view.weights.get(w.codes);
  const outputs = weight?.dims[0] ?? 0;
  if (
    !weight ||
    w.zero !== '' ||
    (w.scale.data.length !== 1 && (w.axis !== 0 || w.scale.data.length !== outputs))
  )
    return undefined;
  if (convolution.inputs[2] && !isOnScaleOfSums(bias, x, w, outputs, view)) return undefined;
  if (x.zero === '') return undefined;
  return { convolution, x, w, bias, scaleName, zeroName, type: weight.type };
}

/** Whether a bias is of integers on the scale of the sums of products, as QLinearConv adds it. */
function isOnScaleOfSums(
  bias: Restored | undefined,
  x: Restored,
  w: Restored,
  outputs: number,
  view: GraphView,
): boolean {
  const codes = view.weights.get(bias?.codes ?? '');
  if (!bias || codes?.type !== 'int32' || codes.data.length !== outputs || bias.zero !== '') return false;
  if (bias.scale.data.length !== 1 && bias.scale.data.length !== outputs) return false;
  const at = ({ scale }: Restored, output: number): number =>
    Number(scale.data[scale.data.length === 1 ? 0 : output]);
  return Array.from({ length: outputs }, (_, output) => output).every((output) => {
    const wanted = at(x, output) * at(w, output);
    return Math.abs(at(bias, output) - wanted) <= 1e-5 * Math.abs(wanted);
  });
}

export const INTEGER_RULES: readonly Rule[] = [scaleSums, convolveCodes, multiplyCodes];

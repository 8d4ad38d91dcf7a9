import type { OnnxNode, TensorData } from '../format/model.ts';
import type { GraphView, Rule } from './rule.ts';

interface Folded {
  readonly convolution: OnnxNode;
  readonly weight: TensorData;
  readonly bias: TensorData;
}

/**
 * The normalisation of a trained network is a factor and a shift of each channel: the convolution in front of it takes them into its
 * weights. Where a folded weight is no number, the graph stays as it is.
 */
export const foldBatchNorm: Rule = {
  name: 'batch normalisation into convolution',
  apply(view) {
    const replaced = new Map<OnnxNode, Folded>();
    const gone = new Set<OnnxNode>();
    const taken = new Set([...view.makers.keys(), ...view.graph.initializers.map(({ name }) => name)]);
    for (const node of view.graph.nodes) {
      const folded = folding(node, view, taken);
      if (!folded) continue;
      const maker = view.makers.get(node.inputs[0] ?? '');
      if (!maker) continue;
      gone.add(maker);
      replaced.set(node, folded);
    }
    if (replaced.size === 0) return undefined;
    const all = [...replaced.values()];
    return {
      hits: replaced.size,
      graph: {
        ...view.graph,
        // The convolution moves to where the normalisation was: both read what is there by then.
        nodes: view.graph.nodes.flatMap((node) =>
          gone.has(node) ? [] : [replaced.get(node)?.convolution ?? node],
        ),
        initializers: [...view.graph.initializers, ...all.flatMap(({ weight, bias }) => [weight, bias])],
      },
    };
  },
};

function folding(node: OnnxNode, view: GraphView, taken: ReadonlySet<string>): Folded | undefined {
  if (node.operator !== 'BatchNormalization' || node.domain !== '' || view.opset < 9) return undefined;
  const training = node.attributes.training_mode;
  if (training?.kind === 'int' && Number(training.value) !== 0) return undefined;
  const [x = '', ...parameters] = node.inputs;
  const convolution = view.makers.get(x);
  if (convolution?.operator !== 'Conv' || convolution.domain !== '') return undefined;
  if (node.outputs.length !== 1 || view.kept.has(x) || view.readers.get(x)?.length !== 1) return undefined;
  const floats = (name: string | undefined): Float32Array | undefined => {
    const tensor = view.weights.get(name ?? '');
    return tensor?.data instanceof Float32Array && tensor.type === 'float32' ? tensor.data : undefined;
  };
  const [scale, shift, mean, variance] = parameters.map(floats);
  const [, weightName = '', biasName = ''] = convolution.inputs;
  const weight = view.weights.get(weightName);
  const values = floats(weightName);
  const bias = biasName === '' ? new Float32Array(scale?.length ?? 0) : floats(biasName);
  if (!scale || !shift || !mean || !variance || !weight || !values || !bias) return undefined;
  const outputs = weight.dims[0] ?? 0;
  if ([scale, shift, mean, variance, bias].some(({ length }) => length !== outputs)) return undefined;
  const given = node.attributes.epsilon;
  const epsilon = given?.kind === 'float' ? given.value : 1e-5;
  const factor = Float64Array.from(scale, (one, i) => one / Math.sqrt((variance[i] ?? 0) + epsilon));
  const each = values.length / outputs;
  const folded = new Float32Array(values.length);
  for (let i = 0; i < folded.length; i++) folded[i] = (values[i] ?? 0) * (factor[Math.floor(i / each)] ?? 0);
  const shifted = Float32Array.from(
    bias,
    (one, i) => (one - (mean[i] ?? 0)) * (factor[i] ?? 0) + (shift[i] ?? 0),
  );
  if (!factor.every(Number.isFinite) || !folded.every(Number.isFinite) || !shifted.every(Number.isFinite))
    return undefined;
  const [output = ''] = node.outputs;
  const names = { weight: `${output}.folded_weight`, bias: `${output}.folded_bias` };
  if (taken.has(names.weight) || taken.has(names.bias)) return undefined;
  return {
    convolution: {
      ...convolution,
      inputs: [convolution.inputs[0] ?? '', names.weight, names.bias],
      outputs: [output],
    },
    weight: { name: names.weight, type: 'float32', dims: weight.dims, data: folded },
    bias: { name: names.bias, type: 'float32', dims: [outputs], data: shifted },
  };
}

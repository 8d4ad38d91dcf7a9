import type { OnnxNode } from '../format/model.ts';
import * as arithmetic from './arithmetic.ts';
import * as cast from './cast.ts';
import * as constant from './constant.ts';
import * as convolution from './convolution.ts';
import type { Operators, Versions } from './definition.ts';
import * as gather from './gather.ts';
import * as matrix from './matrix.ts';
import * as microsoft from './microsoft.ts';
import * as category from './ml/category.ts';
import * as linear from './ml/linear.ts';
import * as move from './move.ts';
import * as normalisation from './normalisation.ts';
import * as pooling from './pooling.ts';
import * as reduce from './reduce.ts';
import * as shape from './shape.ts';
import * as unary from './unary.ts';

interface Family {
  readonly domain: string;
  readonly names: readonly string[];
  readonly load: () => Operators | Promise<Operators>;
}

// A file of operators may export more than operators: dictionaries of versions are told by their keys.
const isVersions = (value: unknown): value is Versions =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length > 0 &&
  Object.keys(value).every((key) => /^\d+$/.test(key));
const operatorsOf = (module: object): Operators =>
  Object.fromEntries(
    Object.entries(module).filter((entry): entry is [string, Versions] => isVersions(entry[1])),
  );

const here = (domain: string, module: object): Family => {
  const operators = operatorsOf(module);
  return { domain, names: Object.keys(operators), load: () => operators };
};

const elsewhere = (domain: string, names: string, load: () => Promise<object>): Family => ({
  domain,
  names: names.split(' '),
  load: async () => operatorsOf(await load()),
});

/** Operators that models of tables and images have are here at once, the others are loaded when a graph needs them. */
export const FAMILIES: readonly Family[] = [
  ...[
    arithmetic,
    cast,
    constant,
    convolution,
    gather,
    matrix,
    move,
    normalisation,
    pooling,
    reduce,
    shape,
    unary,
  ].map((module) => here('', module)),
  ...[category, linear].map((module) => here('ai.onnx.ml', module)),
  elsewhere(
    'ai.onnx.ml',
    'TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor',
    () => import('./ml/tree-ensemble.ts'),
  ),
  here('com.microsoft', microsoft),
  elsewhere(
    '',
    'Attention CausalConvWithState LinearAttention RotaryEmbedding',
    () => import('./attention.ts'),
  ),
  elsewhere(
    'com.microsoft',
    'BiasGelu EmbedLayerNormalization FastGelu FusedConv FusedGemm FusedMatMul Gelu QuickGelu SkipLayerNormalization SkipSimplifiedLayerNormalization',
    () => import('./contrib.ts'),
  ),
  elsewhere('com.microsoft', 'MatMulNBits', () => import('./contrib-blocks.ts')),
  elsewhere(
    'com.microsoft',
    'Attention GroupQueryAttention MultiHeadAttention RotaryEmbedding',
    () => import('./contrib-attention.ts'),
  ),
  elsewhere(
    'com.microsoft',
    'QLinearAdd QLinearAveragePool QLinearConcat QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul QLinearSigmoid QLinearSoftmax QLinearWhere',
    () => import('./contrib-quantised.ts'),
  ),
  elsewhere(
    'com.microsoft',
    'DequantizeLinear DynamicQuantizeMatMul MatMulIntegerToFloat QAttention QGemm QuantizeLinear',
    () => import('./contrib-integer.ts'),
  ),
  elsewhere('', 'If Loop Scan SequenceMap', () => import('./control.ts')),
  elsewhere('', 'Det Einsum', () => import('./einsum.ts')),
  elsewhere('', 'NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss', () => import('./loss.ts')),
  elsewhere(
    '',
    'ConvInteger DequantizeLinear DynamicQuantizeLinear MatMulInteger QLinearConv QLinearMatMul QuantizeLinear',
    () => import('./quantise.ts'),
  ),
  elsewhere(
    '',
    'Bernoulli Dropout Multinomial RandomNormal RandomNormalLike RandomUniform RandomUniformLike',
    () => import('./random.ts'),
  ),
  elsewhere('', 'GRU LSTM RNN', () => import('./recurrent.ts')),
  elsewhere('', 'StringConcat StringNormalizer StringSplit TfIdfVectorizer', () => import('./text.ts')),
  elsewhere('', 'Resize Upsample', () => import('./resize.ts')),
  elsewhere('', 'RegexFullMatch', () => import('./regular-expression.ts')),
  elsewhere('', 'AffineGrid DeformConv GridSample MaxRoiPool RoiAlign', () => import('./sample.ts')),
  elsewhere('', 'NonMaxSuppression NonZero TopK Unique', () => import('./select.ts')),
  elsewhere(
    '',
    'ConcatFromSequence Optional OptionalGetElement OptionalHasElement SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength SplitToSequence',
    () => import('./sequence.ts'),
  ),
  elsewhere(
    '',
    'BlackmanWindow DFT HammingWindow HannWindow MelWeightMatrix STFT',
    () => import('./signal.ts'),
  ),
  elsewhere('ai.onnx.preview', 'FlexAttention', () => import('./flex-attention.ts')),
  elsewhere('ai.onnx.preview.training', 'Adagrad Adam Momentum', () => import('./training.ts')),
];

/** Loads the operators of nodes, by domain and name. Names that nobody knows are left out. */
export async function loadOperators(nodes: readonly OnnxNode[]): Promise<ReadonlyMap<string, Versions>> {
  const found = new Map<string, Versions>();
  for (const family of FAMILIES) {
    const used = nodes.filter(
      ({ domain, operator }) => domain === family.domain && family.names.includes(operator),
    );
    if (used.length === 0) continue;
    const operators = await family.load();
    for (const { domain, operator } of used) {
      const versions = operators[operator];
      if (versions) found.set(`${domain}:${operator}:`, versions);
    }
  }
  return found;
}

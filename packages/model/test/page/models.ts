import { type Attribute, type OnnxModel, type OnnxNode, type TensorData, writeModel } from '@trestle/onnx';
import { buildModel, denseLayers } from '../../src/index.ts';

/** A table: a cost of a speed and a kind, 0.02 * speed + 3. */
export const tableModel = (): Uint8Array =>
  buildModel({
    inputs: [{ name: 'speed', type: 'float32', dims: ['batch', 1] }],
    design: (graph) => graph.add('Mul', ['speed', graph.constant('float32', [1], Float32Array.of(0.01))]),
    head: denseLayers(
      [{ weights: Float32Array.of(2), bias: Float32Array.of(3), activation: 'none' }],
      'regression',
    ),
    outputs: 1,
    metadata: {
      schema: {
        ...{ task: 'regression', target: 'cost', classes: [], threshold: 0.5 },
        features: [{ name: 'speed', type: 'number', nullable: false }],
      },
      golden: { rows: [{ speed: 200 }], predictions: [{ value: 7 }], tolerance: 1e-4 },
      ...{ metrics: {}, card: '# A cost', lineage: {}, reference: { features: [] }, estimator: 'linear' },
      ...{ licence: 'Apache-2.0', createdAt: '2026-12-01' },
    },
  });

/** A product that is large enough for the core: of whole numbers, so that every device gives the same. */
export const productModel = (): Uint8Array =>
  writeModel({
    ...{ irVersion: 8, producer: 'test', opsets: [{ domain: '', version: 17 }], metadata: {} },
    graph: {
      name: 'product',
      nodes: [node('MatMul', ['x', 'w'], 'y')],
      initializers: [
        {
          ...{ name: 'w', type: 'float32', dims: [128, 128] },
          data: Float32Array.from({ length: 128 * 128 }, (_, i) => i % 7),
        },
      ],
      inputs: [{ name: 'x', type: 'float32', dims: ['rows', 128] }],
      outputs: [{ name: 'y', type: 'float32', dims: ['rows', 128] }],
    },
  });

const WORDS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'late', 'plane', 'bird', '##s', 'hit', 'the', '.'];
const WIDTH = 8;

/** Numbers that are the same everywhere: sines are not, in their last bits. */
const weights = (name: string, dims: readonly number[], seed: number): TensorData => {
  const size = dims.reduce((product, length) => product * length, 1);
  const data = Float32Array.from({ length: size }, (_, i) => (((i + 1) * seed * 7919) % 257) / 128 - 1);
  return { name, type: 'float32', dims, data };
};
const ones = (name: string): TensorData => ({
  ...{ name, type: 'float32', dims: [WIDTH] },
  data: new Float32Array(WIDTH).fill(1),
});

const node = (
  operator: string,
  inputs: string[],
  output: string,
  attributes: Record<string, Attribute> = {},
): OnnxNode => ({ name: output, operator, domain: '', inputs, outputs: [output], attributes });

/** WordPiece over the words above, as `tokenizer.json` has it. */
const TOKENIZER = {
  ...{ version: '1.0', added_tokens: [] },
  normalizer: { type: 'BertNormalizer', lowercase: true, strip_accents: null },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'WordPiece', prefix: '##' },
  model: {
    ...{ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##' },
    ...{ max_input_chars_per_word: 100 },
    vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
  },
};

/** A decoder that knows the last word alone: the next one is the likeliest behind it. */
export function decoderModel(): Uint8Array {
  const tokens = ['batch', 'length'];
  const model: OnnxModel = {
    ...{ irVersion: 8, producer: 'test', opsets: [{ domain: '', version: 17 }] },
    graph: {
      name: 'decoder',
      nodes: [node('Gather', ['words', 'input_ids'], 'x'), node('MatMul', ['x', 'next'], 'logits')],
      initializers: [weights('words', [WORDS.length, WIDTH], 3), weights('next', [WIDTH, WORDS.length], 11)],
      inputs: [{ name: 'input_ids', type: 'int64', dims: tokens }],
      outputs: [{ name: 'logits', type: 'float32', dims: [...tokens, WORDS.length] }],
    },
    metadata: {
      'trestle.origin': JSON.stringify({ format: 'ONNX', source: 'decoder', digest: '', notes: [] }),
      'trestle.card': JSON.stringify(''),
      'trestle.golden': JSON.stringify({ rows: [], predictions: [], tolerance: 1e-4 }),
      'trestle.text': JSON.stringify({
        ...{ kind: 'generation', output: 'logits', endTokens: [], maxTokens: 64, padding: 0 },
        ...{ tokenizerConfig: {}, tokenizer: TOKENIZER },
        defaults: { max_tokens: 6, temperature: 0, top_k: 0, top_p: 1 },
      }),
    },
  };
  return writeModel(model);
}

/** A small encoder as Hugging Face's exporter writes it: words, one layer of attention with a mask, a norm; its tokeniser is WordPiece. */
export function encoderModel(): Uint8Array {
  const nodes = [
    node('Gather', ['words', 'input_ids'], 'x'),
    ...['q', 'k', 'v'].map((name) => node('MatMul', ['x', `w_${name}`], name)),
    node('Transpose', ['k'], 'k_turned', { perm: { kind: 'ints', value: [0, 2, 1] } }),
    node('MatMul', ['q', 'k_turned'], 'scores'),
    node('Unsqueeze', ['attention_mask', 'one'], 'mask_wide'),
    node('Cast', ['mask_wide'], 'mask', { to: { kind: 'int', value: 9 } }),
    node('Where', ['mask', 'scores', 'least'], 'seen'),
    node('Softmax', ['seen'], 'shares', { axis: { kind: 'int', value: -1 } }),
    node('MatMul', ['shares', 'v'], 'mixed'),
    node('Add', ['x', 'mixed'], 'sum'),
    node('LayerNormalization', ['sum', 'gamma'], 'last_hidden_state', { axis: { kind: 'int', value: -1 } }),
  ];
  const tokens = ['batch', 'length'];
  const model: OnnxModel = {
    ...{ irVersion: 8, producer: 'test', opsets: [{ domain: '', version: 17 }] },
    graph: {
      name: 'encoder',
      nodes,
      initializers: [
        weights('words', [WORDS.length, WIDTH], 3),
        ...['q', 'k', 'v'].map((name, at) => weights(`w_${name}`, [WIDTH, WIDTH], at + 5)),
        ones('gamma'),
        { name: 'least', type: 'float32', dims: [], data: [-1e9] },
        { name: 'one', type: 'int64', dims: [1], data: [1] },
      ],
      inputs: ['input_ids', 'attention_mask'].map((name) => ({ name, type: 'int64' as const, dims: tokens })),
      outputs: [{ name: 'last_hidden_state', type: 'float32', dims: [...tokens, WIDTH] }],
    },
    metadata: {
      'trestle.origin': JSON.stringify({
        ...{ format: 'ONNX', source: 'encoder', digest: '', notes: [] },
      }),
      'trestle.card': JSON.stringify(''),
      'trestle.golden': JSON.stringify({ rows: [], predictions: [], tolerance: 1e-4 }),
      'trestle.text': JSON.stringify({
        ...{ kind: 'embedding', output: 'last_hidden_state', pooling: 'mean', isNormalised: true },
        ...{ maxTokens: 16, padding: 0, tokenizerConfig: {} },
        tokenizer: TOKENIZER,
      }),
    },
  };
  return writeModel(model);
}

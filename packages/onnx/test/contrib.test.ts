import * as ort from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import {
  type Attribute,
  type ElementType,
  type OnnxModel,
  openSession,
  type TensorData,
  writeModel,
} from '../src/index.ts';

ort.env.wasm.numThreads = 1;
// What it says of models that it does not take is read from its errors.
ort.env.logLevel = 'fatal';

type Input = Omit<TensorData, 'name'> | undefined;

let seed = 1;
/** Numbers from -1 to 1 (mulberry32). */
const next = (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
};
const size = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
const f = (...dims: number[]): Input => ({
  type: 'float32',
  dims,
  data: Float32Array.from({ length: size(dims) }, next),
});
const positive = (...dims: number[]): Input => ({
  type: 'float32',
  dims,
  data: Float32Array.from({ length: size(dims) }, () => 0.5 + Math.abs(next())),
});
const one = (value: number): Input => ({ type: 'float32', dims: [], data: Float32Array.of(value) });
const bytes = (type: 'uint8' | 'int8', ...dims: number[]): Input => {
  const values = Array.from(
    { length: size(dims) },
    () => Math.floor(next() * 127) + (type === 'int8' ? 0 : 128),
  );
  return { type, dims, data: type === 'int8' ? Int8Array.from(values) : Uint8Array.from(values) };
};
const byte = (type: 'uint8' | 'int8', value: number): Input => ({
  type,
  dims: [],
  data: (type === 'int8' ? Int8Array : Uint8Array).of(value),
});
const i32 = (dims: readonly number[], ...data: number[]): Input => ({
  type: 'int32',
  dims,
  data: Int32Array.from(data),
});
const i64 = (dims: readonly number[], ...data: number[]): Input => ({
  type: 'int64',
  dims,
  data: BigInt64Array.from(data, BigInt),
});

const int = (value: number): Attribute => ({ kind: 'int', value });
const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });
const float = (value: number): Attribute => ({ kind: 'float', value });
const floats = (...value: number[]): Attribute => ({ kind: 'floats', value });
const text = (value: string): Attribute => ({ kind: 'string', value });

interface Case {
  readonly inputs: readonly Input[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** '' is one that nobody asks for. */
  readonly outputs?: readonly (ElementType | '')[];
  readonly domain?: string;
}

const modelOf = (
  operator: string,
  { inputs, attributes = {}, outputs = ['float32'], domain = 'com.microsoft' }: Case,
): OnnxModel => ({
  irVersion: 8,
  producer: 'test',
  opsets: [
    { domain: '', version: 17 },
    { domain: 'com.microsoft', version: 1 },
  ],
  metadata: {},
  graph: {
    name: 'one',
    nodes: [
      {
        ...{ name: 'node', operator, domain, attributes },
        inputs: inputs.map((input, at) => (input ? `in${at}` : '')),
        outputs: outputs.map((type, at) => (type === '' ? '' : `out${at}`)),
      },
    ],
    initializers: [],
    inputs: inputs.flatMap((input, at) =>
      input ? [{ name: `in${at}`, type: input.type, dims: input.dims }] : [],
    ),
    outputs: outputs.flatMap((type, at) =>
      type === '' ? [] : [{ name: `out${at}`, type, dims: [], isRankless: true }],
    ),
  },
});

async function expectAlike(operator: string, given: Case): Promise<void> {
  const model = modelOf(operator, given);
  const session = await openSession(model);
  const feeds = given.inputs.flatMap((input, at) => (input ? [[`in${at}`, input] as const] : []));
  const ours = await session.run(Object.fromEntries(feeds));
  const oracle = await ort.InferenceSession.create(writeModel(model));
  const theirs = await oracle.run(
    Object.fromEntries(
      feeds.map(([name, { type, dims, data }]) => [
        name,
        new ort.Tensor(type as 'float32', data as Float32Array, [...dims]),
      ]),
    ),
  );
  for (const name of oracle.outputNames) {
    const [found, wanted] = [ours[name], theirs[name]];
    expect(found?.dims, name).toEqual(wanted?.dims);
    const values = Array.from(found?.data ?? [], Number);
    for (const [at, value] of Array.from(wanted?.data as Float32Array, Number).entries())
      expect(
        Math.abs((values[at] ?? Number.NaN) - value),
        `${name}[${at}]: ${values[at]}, ${value}`,
      ).toBeLessThan(1e-4 * (1 + Math.abs(value)));
  }
}

const quantised = (type: 'uint8' | 'int8'): Case => ({
  inputs: [
    bytes(type, 2, 3),
    one(0.02),
    byte(type, 3),
    bytes(type, 3),
    one(0.03),
    byte(type, 1),
    one(0.05),
    byte(type, 5),
  ],
  outputs: [type],
});
const heads = (num_heads: number, more = {}) => ({ num_heads: int(num_heads), ...more });
const nBits = (bits: number, block: number, more: readonly Input[], K = 40, N = 3): Case => {
  const blocks = Math.ceil(K / block);
  return {
    inputs: [f(2, K), bytes('uint8', N, blocks, (block * bits) / 8), positive(N * blocks), ...more],
    attributes: { K: int(K), N: int(N), bits: int(bits), block_size: int(block) },
  };
};
const group = (past: number, length: number, attributes: Record<string, Attribute>, batch = 1): Case => ({
  inputs: [
    ...[f(batch, length, 64), f(batch, length, 32), f(batch, length, 32)],
    ...[f(batch, 2, past, 16), f(batch, 2, past, 16)],
    ...[i32([batch], ...new Array<number>(batch).fill(past + length - 1)), i32([1], past + length)],
    ...('do_rotary' in attributes ? [f(16, 8), f(16, 8)] : []),
  ],
  attributes: { num_heads: int(4), kv_num_heads: int(2), ...attributes },
  outputs: ['float32', 'float32', 'float32'],
});

/** The same with other inputs from a place on. */
const withInputs = (given: Case, at: number, ...inputs: Input[]): Case => ({
  ...given,
  inputs: Array.from({ length: Math.max(given.inputs.length, at + inputs.length) }, (_, i) =>
    i >= at && i < at + inputs.length ? inputs[i - at] : given.inputs[i],
  ),
});
/** With queries, keys and values in one. */
const packedGroup = (given: Case): Case => {
  const [batch = 1, length = 1] = given.inputs[0]?.dims ?? [];
  return withInputs(given, 0, f(batch, length, 128), undefined, undefined);
};

const cases: readonly (readonly [operator: string, what: string, given: Case])[] = [
  ['Gelu', '', { inputs: [f(3, 4)] }],
  ['FastGelu', '', { inputs: [f(3, 4)] }],
  ['FastGelu', 'bias', { inputs: [f(3, 4), f(4)] }],
  ['QuickGelu', '', { inputs: [f(3, 4)] }],
  ['QuickGelu', 'alpha', { inputs: [f(3, 4)], attributes: { alpha: float(1) } }],
  ['BiasGelu', '', { inputs: [f(2, 3, 4), f(4)] }],
  ['FusedMatMul', '', { inputs: [f(2, 3, 4), f(2, 4, 5)], attributes: { alpha: float(0.5) } }],
  ['FusedMatMul', 'transA', { inputs: [f(2, 4, 3), f(2, 4, 5)], attributes: { transA: int(1) } }],
  ['FusedMatMul', 'transB', { inputs: [f(2, 3, 4), f(5, 4)], attributes: { transB: int(1) } }],
  ['SkipLayerNormalization', '', { inputs: [f(2, 3, 8), f(2, 3, 8), f(8), f(8)] }],
  [
    'SkipLayerNormalization',
    'bias, sum',
    {
      inputs: [f(2, 3, 8), f(2, 3, 8), f(8), f(8), f(8)],
      attributes: { epsilon: float(1e-3) },
      outputs: ['float32', '', '', 'float32'],
    },
  ],
  ['SkipLayerNormalization', 'one skip for all', { inputs: [f(2, 3, 8), f(3, 8), f(8), f(8)] }],
  [
    'SkipSimplifiedLayerNormalization',
    '',
    {
      inputs: [f(2, 3, 8), f(2, 3, 8), f(8)],
      attributes: { epsilon: float(1e-5) },
      outputs: ['float32', '', '', 'float32'],
    },
  ],
  ['SkipSimplifiedLayerNormalization', 'bias', { inputs: [f(2, 3, 8), f(2, 3, 8), f(8), f(8)] }],
  ['SimplifiedLayerNormalization', '', { inputs: [f(2, 3, 8), f(8)], domain: '' }],
  [
    'EmbedLayerNormalization',
    '',
    {
      inputs: [
        i32([2, 3], 0, 1, 2, 3, 4, 0),
        i32([2, 3], 0, 1, 1, 0, 0, 1),
        f(5, 8),
        f(6, 8),
        f(2, 8),
        f(8),
        f(8),
        i32([2, 3], 1, 1, 0, 1, 1, 1),
      ],
      outputs: ['float32', 'int32'],
    },
  ],
  [
    'EmbedLayerNormalization',
    'no kinds, places',
    {
      inputs: [
        i32([2, 3], 0, 1, 2, 3, 4, 0),
        undefined,
        f(5, 8),
        f(6, 8),
        undefined,
        f(8),
        f(8),
        undefined,
        i32([2, 3], 5, 1, 0, 2, 3, 4),
      ],
      outputs: ['float32', 'int32'],
    },
  ],
  ['MatMulNBits', '4 bits', nBits(4, 16, [])],
  ['MatMulNBits', '4 bits, blocks of 32', nBits(4, 32, [])],
  ['MatMulNBits', '4 bits, zeros', nBits(4, 16, [bytes('uint8', 3 * 2)])],
  ['MatMulNBits', '8 bits', nBits(8, 16, [])],
  [
    'MatMulNBits',
    'blocks in an order of their own',
    nBits(4, 16, [undefined, i32([40], ...Array.from({ length: 40 }, (_, k) => (k * 7) % 3))]),
  ],
  ['MatMulNBits', 'bias', nBits(4, 16, [undefined, undefined, f(3)])],
  [
    'FusedConv',
    'Relu',
    {
      inputs: [f(1, 2, 5, 5), f(3, 2, 3, 3), f(3)],
      attributes: { activation: text('Relu'), pads: ints(1, 1, 1, 1), strides: ints(2, 2) },
    },
  ],
  [
    'FusedConv',
    'added',
    { inputs: [f(1, 2, 5, 5), f(3, 2, 3, 3), f(3), f(1, 3, 3, 3)], attributes: { activation: text('Relu') } },
  ],
  [
    'FusedConv',
    'Clip',
    {
      inputs: [f(1, 2, 5, 5), f(3, 2, 3, 3)],
      attributes: { activation: text('Clip'), activation_params: floats(-0.5, 0.5) },
    },
  ],
  [
    'FusedConv',
    'LeakyRelu',
    {
      inputs: [f(1, 2, 5, 5), f(2, 1, 3, 3)],
      attributes: { group: int(2), activation: text('LeakyRelu'), activation_params: floats(0.1) },
    },
  ],
  [
    'FusedConv',
    'HardSigmoid',
    {
      inputs: [f(1, 2, 5, 5), f(3, 2, 3, 3)],
      attributes: { activation: text('HardSigmoid'), activation_params: floats(0.2, 0.5) },
    },
  ],
  [
    'FusedGemm',
    'Relu',
    { inputs: [f(2, 3), f(4, 3), f(4)], attributes: { transB: int(1), activation: text('Relu') } },
  ],
  [
    'FusedGemm',
    'LeakyRelu',
    {
      inputs: [f(2, 3), f(3, 4)],
      attributes: { alpha: float(2), activation: text('LeakyRelu'), activation_alpha: float(0.2) },
    },
  ],
  ...(['uint8', 'int8'] as const).flatMap((type) => [
    ['QLinearAdd', type, quantised(type)] as const,
    ['QLinearMul', type, quantised(type)] as const,
    [
      'QLinearSigmoid',
      type,
      { inputs: [bytes(type, 2, 3), one(0.05), byte(type, 3), one(1 / 256), byte(type, 0)], outputs: [type] },
    ] as const,
    [
      'QLinearLeakyRelu',
      type,
      {
        inputs: [bytes(type, 2, 3), one(0.05), byte(type, 3), one(0.06), byte(type, 7)],
        attributes: { alpha: float(0.2) },
        outputs: [type],
      },
    ] as const,
    [
      'QLinearGlobalAveragePool',
      type,
      {
        inputs: [bytes(type, 2, 3, 4, 5), one(0.05), byte(type, 3), one(0.06), byte(type, 7)],
        outputs: [type],
      },
    ] as const,
    [
      'QLinearGlobalAveragePool',
      `${type}, channels last`,
      {
        inputs: [bytes(type, 2, 4, 5, 3), one(0.05), byte(type, 3), one(0.06), byte(type, 7)],
        attributes: { channels_last: int(1) },
        outputs: [type],
      },
    ] as const,
    [
      'QLinearConcat',
      type,
      {
        inputs: [
          one(0.07),
          byte(type, 2),
          bytes(type, 2, 3),
          one(0.05),
          byte(type, 1),
          bytes(type, 2, 2),
          one(0.09),
          byte(type, 4),
        ],
        attributes: { axis: int(1) },
        outputs: [type],
      },
    ] as const,
  ]),
  ['Attention', '', { inputs: [f(2, 3, 8), f(8, 24), f(24)], attributes: heads(2) }],
  [
    'Attention',
    'unidirectional',
    { inputs: [f(2, 3, 8), f(8, 24), f(24)], attributes: heads(2, { unidirectional: int(1) }) },
  ],
  [
    'Attention',
    'scale',
    { inputs: [f(2, 3, 8), f(8, 24), f(24)], attributes: heads(2, { scale: float(0.3) }) },
  ],
  [
    'Attention',
    'sizes',
    { inputs: [f(2, 3, 8), f(8, 20), f(20)], attributes: heads(2, { qkv_hidden_sizes: ints(8, 8, 4) }) },
  ],
  [
    'Attention',
    'mask of keys',
    { inputs: [f(2, 3, 8), f(8, 24), f(24), i32([2, 3], 1, 1, 0, 1, 0, 0)], attributes: heads(2) },
  ],
  ['Attention', 'lengths', { inputs: [f(2, 3, 8), f(8, 24), f(24), i32([2], 2, 3)], attributes: heads(2) }],
  [
    'Attention',
    'mask of queries',
    {
      inputs: [f(1, 3, 8), f(8, 24), f(24), i32([1, 3, 3], 1, 0, 0, 1, 1, 0, 0, 1, 1)],
      attributes: heads(2, { mask_filter_value: float(-5) }),
    },
  ],
  [
    'Attention',
    'past',
    {
      inputs: [f(2, 3, 8), f(8, 24), f(24), undefined, f(2, 2, 2, 4, 4)],
      attributes: heads(2, { unidirectional: int(1) }),
      outputs: ['float32', 'float32'],
    },
  ],
  [
    'Attention',
    'added',
    { inputs: [f(2, 3, 8), f(8, 24), f(24), undefined, undefined, f(2, 2, 3, 3)], attributes: heads(2) },
  ],
  ['MultiHeadAttention', '', { inputs: [f(2, 3, 8), f(2, 5, 8), f(2, 5, 8)], attributes: heads(2) }],
  [
    'MultiHeadAttention',
    'bias',
    { inputs: [f(2, 3, 8), f(2, 3, 8), f(2, 3, 8), f(24)], attributes: heads(2, { scale: float(0.4) }) },
  ],
  [
    'MultiHeadAttention',
    'heads as an axis',
    { inputs: [f(2, 3, 8), f(2, 2, 5, 4), f(2, 2, 5, 4)], attributes: heads(2) },
  ],
  [
    'MultiHeadAttention',
    'mask of keys',
    {
      inputs: [f(2, 3, 8), f(2, 3, 8), f(2, 3, 8), undefined, i32([2, 3], 1, 1, 0, 1, 0, 0)],
      attributes: heads(2),
    },
  ],
  [
    'MultiHeadAttention',
    'past',
    {
      inputs: [
        f(2, 3, 8),
        f(2, 3, 8),
        f(2, 3, 8),
        undefined,
        undefined,
        undefined,
        f(2, 2, 4, 4),
        f(2, 2, 4, 4),
      ],
      attributes: heads(2),
      outputs: ['float32', 'float32', 'float32'],
    },
  ],
  [
    'MultiHeadAttention',
    'unidirectional',
    { inputs: [f(2, 3, 8), f(2, 3, 8), f(2, 3, 8)], attributes: heads(2, { unidirectional: int(1) }) },
  ],
  ['RotaryEmbedding', '', { inputs: [f(2, 3, 16), i64([2, 3], 0, 1, 2, 3, 4, 5), f(8, 4), f(8, 4)] }],
  [
    'RotaryEmbedding',
    'one offset',
    { inputs: [f(2, 3, 16), i64([1], 2), f(8, 4), f(8, 4)], attributes: { interleaved: int(1) } },
  ],
  [
    'RotaryEmbedding',
    'heads as an axis',
    { inputs: [f(2, 2, 3, 8), i64([2, 3], 0, 1, 2, 3, 4, 5), f(8, 4), f(8, 4)] },
  ],
  [
    'RotaryEmbedding',
    'a part',
    {
      inputs: [f(2, 3, 16), i64([1], 0), f(8, 2), f(8, 2)],
      attributes: { num_heads: int(2), rotary_embedding_dim: int(4) },
    },
  ],
  ['GroupQueryAttention', 'a prompt', group(0, 4, {})],
  ['GroupQueryAttention', 'a prompt of two', group(0, 4, {}, 2)],
  ['GroupQueryAttention', 'a token', group(5, 1, {})],
  ['GroupQueryAttention', 'rotary', group(0, 4, { do_rotary: int(1) })],
  ['GroupQueryAttention', 'rotary, a token', group(5, 1, { do_rotary: int(1), rotary_interleaved: int(1) })],
  ['GroupQueryAttention', 'window', group(0, 6, { local_window_size: int(3), scale: float(0.3) })],
  ['GroupQueryAttention', 'softcap', group(5, 1, { softcap: float(2) })],
  ['GroupQueryAttention', 'smooth softmax', group(5, 1, { smooth_softmax: int(1) })],
  ['GroupQueryAttention', 'sinks of heads', withInputs(group(0, 4, {}), 11, f(4))],
  ['GroupQueryAttention', 'packed', packedGroup(group(0, 4, { do_rotary: int(1) }, 2))],
  ['GroupQueryAttention', 'packed, a token', packedGroup(group(5, 1, {}))],
  [
    'GroupQueryAttention',
    'tokens of rows of several lengths',
    withInputs(group(6, 1, { do_rotary: int(1) }, 2), 5, i32([2], 4, 6), i32([1], 7)),
  ],
  ['GroupQueryAttention', 'a past with room', withInputs(group(8, 1, {}), 5, i32([1], 5), i32([1], 6))],
  ...(['uint8', 'int8'] as const).flatMap((type) => [
    [
      'QLinearAveragePool',
      type,
      {
        inputs: [bytes(type, 2, 3, 5, 4), one(0.05), byte(type, 3), one(0.0613), byte(type, 7)],
        attributes: { kernel_shape: ints(2, 3), pads: ints(1, 0, 0, 1), strides: ints(2, 1) },
        outputs: [type],
      },
    ] as const,
    [
      'QLinearAveragePool',
      `${type}, channels last, pads counted`,
      {
        inputs: [bytes(type, 2, 5, 4, 3), one(0.05), byte(type, 3), one(0.0613), byte(type, 7)],
        attributes: {
          ...{ kernel_shape: ints(2, 2), pads: ints(1, 1, 1, 1), channels_last: int(1) },
          ...{ count_include_pad: int(1), ceil_mode: int(1), strides: ints(2, 2) },
        },
        outputs: [type],
      },
    ] as const,
    [
      'QLinearSoftmax',
      type,
      {
        inputs: [bytes(type, 2, 3, 4), one(0.05), byte(type, 3), one(1 / 256), byte(type, 0)],
        attributes: { axis: int(-1), opset: int(13) },
        outputs: [type],
      },
    ] as const,
    [
      'QLinearSoftmax',
      `${type}, all behind an axis`,
      {
        inputs: [bytes(type, 2, 3, 4), one(0.05), byte(type, 3), one(1 / 256), byte(type, 0)],
        attributes: { axis: int(1), opset: int(12) },
        outputs: [type],
      },
    ] as const,
    [
      'QLinearWhere',
      type,
      {
        inputs: [
          { type: 'bool', dims: [3, 1], data: Uint8Array.of(1, 0, 1) } as const,
          ...[bytes(type, 2, 3, 4), one(0.05), byte(type, 3)],
          ...[bytes(type, 4), one(0.04), byte(type, 2), one(0.0613), byte(type, 1)],
        ],
        outputs: [type],
      },
    ] as const,
    [
      'MatMulIntegerToFloat',
      type,
      {
        inputs: [
          ...[bytes('uint8', 2, 3, 4), bytes(type, 4, 5), one(0.02), positive(5)],
          ...[byte('uint8', 7), byte(type, 3), f(5)],
        ],
      },
    ] as const,
    [
      'DynamicQuantizeMatMul',
      type,
      { inputs: [f(2, 3, 4), bytes(type, 4, 5), one(0.01), byte(type, 3), f(5)] },
    ] as const,
    [
      'QGemm',
      type,
      {
        inputs: [
          ...[bytes('uint8', 3, 4), one(0.02), byte('uint8', 7), bytes(type, 5, 4), one(0.03), byte(type, 2)],
          ...[i32([5], 1, -200, 300, 40, 5), one(0.1), byte('uint8', 100)],
        ],
        attributes: { transB: int(1) },
        outputs: ['uint8'],
      },
    ] as const,
    [
      'QAttention',
      type,
      {
        inputs: [
          ...[bytes('uint8', 2, 3, 8), bytes(type, 8, 24), f(24), one(0.01), one(0.01)],
          ...[i32([2, 3], 1, 1, 0, 1, 0, 0), byte('uint8', 128), byte(type, type === 'uint8' ? 128 : 0)],
        ],
        attributes: heads(2),
      },
    ] as const,
  ]),
  [
    'QGemm',
    'numbers',
    {
      inputs: [
        bytes('int8', 3, 4),
        one(0.02),
        byte('int8', 7),
        bytes('int8', 4, 5),
        positive(5),
        { type: 'int8', dims: [5], data: Int8Array.of(1, 2, 3, 4, 5) },
        i32([3, 5], ...Array.from({ length: 15 }, (_, i) => 50 * i)),
      ],
      attributes: { alpha: float(0.5) },
    },
  ],
  [
    'QuantizeLinear',
    'int16',
    {
      inputs: [f(2, 3), one(0.001), { type: 'int16', dims: [], data: Int16Array.of(5) }],
      outputs: ['int16'],
    },
  ],
  [
    'DequantizeLinear',
    'uint16',
    {
      inputs: [
        { type: 'uint16', dims: [2, 2], data: Uint16Array.of(1, 70, 40_000, 65_535) },
        one(0.001),
        { type: 'uint16', dims: [], data: Uint16Array.of(500) },
      ],
    },
  ],
];

describe('operators of com.microsoft', () => {
  it.each(cases)('%s are what onnxruntime has them: %s', async (operator, _, given) => {
    await expectAlike(operator, given);
  });

  it.each(cases.filter(([operator]) => /Gelu|FusedMatMul|^SkipLayer/.test(operator)))(
    '%s are the same where they are done by the core: %s',
    async (operator, _, given) => {
      const model = modelOf(operator, given);
      const feeds = Object.fromEntries(
        given.inputs.flatMap((input, at) => (input ? [[`in${at}`, input] as const] : [])),
      );
      // Behind a node that the core does whatever its work is.
      const [found, wanted] = [
        await (await openSession(model, { coreWork: -1 })).run(feeds),
        await (await openSession(model, { coreWork: Number.POSITIVE_INFINITY })).run(feeds),
      ];
      for (const [at, value] of Array.from(wanted.out0?.data ?? [], Number).entries())
        expect(Number(found.out0?.data?.[at])).toBeCloseTo(value, 5);
    },
  );

  it.each<[string, Case]>([
    ['FusedMatMul', { inputs: [f(2, 3, 4), f(2, 4, 5)], attributes: { transBatchA: int(1) } }],
    ['FusedConv', { inputs: [f(1, 2, 5, 5), f(3, 2, 3, 3)], attributes: { activation: text('Softplus') } }],
    ['FusedConv', { inputs: [f(1, 2, 5, 5), f(3, 2, 3, 3)], attributes: { activation: text('Clip') } }],
    ['Attention', { inputs: [f(2, 3, 8), f(8, 24), f(24)], attributes: heads(2, { do_rotary: int(1) }) }],
    [
      'RotaryEmbedding',
      { inputs: [f(2, 3, 16), i64([1], 2), f(8, 4), f(8, 4)], attributes: { is_packed_batching: int(1) } },
    ],
    ['GroupQueryAttention', group(0, 4, { qk_output: int(1) })],
    ['MatMulNBits', { ...nBits(4, 16, []), attributes: { K: int(40), N: int(3), bits: int(3) } }],
  ])('%s is refused when it is opened where an attribute is not honoured', async (operator, given) => {
    await expect(openSession(modelOf(operator, given))).rejects.toMatchObject({
      code: expect.stringMatching(/^TRS_ONNX_(ATTRIBUTE|NODE)$/),
    });
  });
});

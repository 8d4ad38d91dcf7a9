import * as ort from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import type { Attribute, OnnxModel, OnnxNode, TensorData, ValueData } from '../format/model.ts';
import { readModel } from '../format/read-model.ts';
import { writeModel } from '../format/write-model.ts';
import { openSession } from './session.ts';

ort.env.wasm.numThreads = 1;

const floats = (dims: number[], seed = 1): Omit<TensorData, 'name'> => ({
  type: 'float32',
  dims,
  data: Float32Array.from(
    { length: dims.reduce((a, b) => a * b, 1) },
    (_, i) => Math.sin(i * 12.9898 + seed) * 2,
  ),
});
const int = (value: number): Attribute => ({ kind: 'int', value });
const number = (value: number): Attribute => ({ kind: 'float', value });
const numbers = (...value: number[]): Attribute => ({ kind: 'floats', value });
const texts = (...value: string[]): Attribute => ({ kind: 'strings', value });
const integers = (...value: number[]): Attribute => ({ kind: 'ints', value });
const text = (value: string): Attribute => ({ kind: 'string', value });

interface Case {
  readonly operator: string;
  readonly domain?: string;
  readonly attributes?: Record<string, Attribute>;
  readonly inputs: readonly Omit<TensorData, 'name'>[];
  /** Inputs from this place on are initializers. */
  readonly fixedFrom?: number;
  readonly outputs?: readonly ('float32' | 'int64' | 'bool' | 'string')[];
}

const ints = (...data: number[]): Omit<TensorData, 'name'> => ({ type: 'int64', dims: [data.length], data });
const withNaN: Omit<TensorData, 'name'> = {
  type: 'float32',
  dims: [2, 2],
  data: Float32Array.of(1, Number.NaN, Number.NaN, 4),
};
const words: Omit<TensorData, 'name'> = { type: 'string', dims: [3, 1], data: ['b', 'unseen', 'a'] };

const cases: readonly Case[] = [
  ...['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min'].map((operator) => ({
    operator,
    inputs: [floats([2, 3]), floats([3], 2)],
  })),
  ...['Neg', 'Abs', 'Exp', 'Tanh', 'Sigmoid', 'Relu', 'Floor', 'Sign', 'Sin', 'Cos', 'Erf', 'Identity'].map(
    (operator) => ({ operator, inputs: [floats([2, 3])] }),
  ),
  { operator: 'LeakyRelu', attributes: { alpha: number(0.2) }, inputs: [floats([4])] },
  { operator: 'Softmax', attributes: { axis: int(1) }, inputs: [floats([2, 3])] },
  { operator: 'LogSoftmax', attributes: { axis: int(0) }, inputs: [floats([2, 3])] },
  {
    operator: 'Gemm',
    attributes: { transB: int(1), alpha: number(0.5), beta: number(2) },
    inputs: [floats([2, 3]), floats([4, 3], 2), floats([4], 3)],
  },
  { operator: 'MatMul', inputs: [floats([2, 2, 3]), floats([3, 4], 2)] },
  { operator: 'Transpose', attributes: { perm: integers(1, 0, 2) }, inputs: [floats([2, 3, 2])] },
  { operator: 'Reshape', inputs: [floats([2, 6]), ints(0, 3, -1)], fixedFrom: 1 },
  { operator: 'Flatten', attributes: { axis: int(2) }, inputs: [floats([2, 3, 4])] },
  { operator: 'Unsqueeze', inputs: [floats([3]), ints(0, 2)], fixedFrom: 1 },
  { operator: 'Squeeze', inputs: [floats([1, 3, 1]), ints(0)], fixedFrom: 1 },
  {
    operator: 'Slice',
    inputs: [floats([4, 5]), ints(1, -3), ints(9, 5), ints(0, 1), ints(2, 1)],
    fixedFrom: 1,
  },
  ...[
    ['half_pixel', 0, [2, 3, 4, 9]],
    ['half_pixel', 0, [2, 3, 12, 3]],
    ['asymmetric', 0, [2, 3, 5, 7]],
    ['align_corners', 0, [2, 3, 1, 9]],
    ['pytorch_half_pixel', 0, [2, 3, 1, 9]],
    ['half_pixel', 1, [2, 3, 2, 3]],
    ['half_pixel', 1, [2, 3, 3, 12]],
  ].map(([mode, antialias, sizes]) => ({
    operator: 'Resize',
    attributes: {
      mode: text('linear'),
      coordinate_transformation_mode: text(String(mode)),
      antialias: int(Number(antialias)),
    },
    inputs: [floats([2, 3, 6, 7]), floats([0]), floats([0]), ints(...[sizes].flat(2).map(Number))],
    fixedFrom: 1,
  })),
  {
    operator: 'Resize',
    attributes: { mode: text('linear'), antialias: int(1), axes: integers(2, 3) },
    inputs: [floats([2, 1, 33, 20]), floats([0]), floats([0]), ints(7, 8)],
    fixedFrom: 1,
  },
  { operator: 'Gather', attributes: { axis: int(1) }, inputs: [floats([2, 4]), ints(3, -4)], fixedFrom: 1 },
  { operator: 'Concat', attributes: { axis: int(1) }, inputs: [floats([2, 1]), floats([2, 3], 2)] },
  { operator: 'ReduceSum', inputs: [floats([2, 3]), ints(1)], fixedFrom: 1 },
  {
    operator: 'ReduceMean',
    attributes: { keepdims: int(0) },
    inputs: [floats([2, 3]), ints(0)],
    fixedFrom: 1,
  },
  {
    operator: 'ArgMax',
    attributes: { axis: int(1), keepdims: int(0) },
    inputs: [floats([3, 4])],
    outputs: ['int64'],
  },
  {
    operator: 'Clip',
    inputs: [
      floats([5]),
      { type: 'float32', dims: [], data: Float32Array.of(-0.5) },
      { type: 'float32', dims: [], data: Float32Array.of(0.5) },
    ],
    fixedFrom: 1,
  },
  { operator: 'Cast', attributes: { to: int(7) }, inputs: [floats([5])], outputs: ['int64'] },
  { operator: 'Less', inputs: [floats([2, 3]), floats([3], 2)], outputs: ['bool'] },
  { operator: 'IsNaN', inputs: [withNaN], outputs: ['bool'] },
  {
    operator: 'Imputer',
    domain: 'ai.onnx.ml',
    attributes: { imputed_value_floats: numbers(7, 8), replaced_value_float: number(Number.NaN) },
    inputs: [withNaN],
  },
  {
    operator: 'Scaler',
    domain: 'ai.onnx.ml',
    attributes: { offset: numbers(1, 2), scale: numbers(0.5, 3) },
    inputs: [floats([3, 2])],
  },
  {
    operator: 'LabelEncoder',
    domain: 'ai.onnx.ml',
    attributes: { keys_strings: texts('a', 'b'), values_int64s: integers(0, 1), default_int64: int(2) },
    inputs: [words],
    outputs: ['int64'],
  },
  {
    operator: 'OneHotEncoder',
    domain: 'ai.onnx.ml',
    attributes: { cats_int64s: integers(0, 1, 2), zeros: int(1) },
    inputs: [ints(2, 0, 5)],
  },
  {
    operator: 'LinearRegressor',
    domain: 'ai.onnx.ml',
    attributes: { coefficients: numbers(1, 2, 3), intercepts: numbers(0.5) },
    inputs: [floats([2, 3])],
  },
  {
    operator: 'LinearClassifier',
    domain: 'ai.onnx.ml',
    attributes: {
      coefficients: numbers(1, 2, -1, 0.5, 0, 1),
      intercepts: numbers(0.1, -0.2),
      classlabels_strings: texts('x', 'y'),
      post_transform: { kind: 'string', value: 'SOFTMAX' },
    },
    inputs: [floats([4, 3])],
    outputs: ['string', 'float32'],
  },
];

function modelOf({
  operator,
  domain = '',
  attributes = {},
  inputs,
  fixedFrom = inputs.length,
  outputs = ['float32'],
}: Case): OnnxModel {
  const names = inputs.map((_, index) => `in${index}`);
  const node: OnnxNode = {
    name: 'node',
    operator,
    domain,
    inputs: names,
    outputs: outputs.map((_, index) => `out${index}`),
    attributes,
  };
  const named = inputs.map((input, index) => ({ ...input, name: names[index] ?? '' }));
  return {
    irVersion: 8,
    producer: 'test',
    opsets: [
      { domain: '', version: 18 },
      { domain: 'ai.onnx.ml', version: 3 },
    ],
    metadata: {},
    graph: {
      name: 'graph',
      nodes: [node],
      initializers: named.slice(fixedFrom),
      inputs: named
        .slice(0, fixedFrom)
        .map(({ name, type, dims }) => ({ name, type, dims: dims.map((_, axis) => `${name}-${axis}`) })),
      outputs: outputs.map((type, index) => ({ name: `out${index}`, type, dims: [] })),
    },
  };
}

/** What onnxruntime-web 1.30 says of the same bytes. */
async function oracle(bytes: Uint8Array, one: Case): Promise<(number | string)[][]> {
  const session = await ort.InferenceSession.create(bytes);
  const feeds = one.inputs.slice(0, one.fixedFrom ?? one.inputs.length).map(({ type, dims, data }, index) => {
    const values =
      type === 'int64'
        ? BigInt64Array.from(Array.from<string | number | bigint, bigint>(data, (v) => BigInt(v)))
        : type === 'string'
          ? Array.from<string | number | bigint, string>(data, String)
          : Float32Array.from<string | number | bigint>(data, Number);
    return [`in${index}`, new ort.Tensor(type as 'float32', values as Float32Array, [...dims])] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  return (one.outputs ?? ['float32']).map((_, index) =>
    Array.from(results[`out${index}`]?.data as ArrayLike<number | bigint | string>, (v) =>
      typeof v === 'string' ? v : Number(v),
    ),
  );
}

describe('the session', () => {
  it.each(cases.map((one) => [one.operator, one] as const))(
    'computes %s as onnxruntime does',
    async (_, one) => {
      const model = modelOf(one);
      const untyped = { ...model, graph: { ...model.graph, outputs: model.graph.outputs } };
      const bytes = writeModel(untyped);
      const session = await openSession(readModel(bytes));
      const feeds = Object.fromEntries(
        session.inputs.map(({ name }, index) => [name, one.inputs[index] ?? floats([1])]),
      );
      const actual = await session.run(feeds);
      const expected = await oracle(
        writeModel({
          ...model,
          graph: {
            ...model.graph,
            outputs: model.graph.outputs.map((o) => ({ ...o, dims: shapeDims(actual[o.name]) })),
          },
        }),
        one,
      );
      for (const [index, values] of expected.entries()) {
        const ours = [...(actual[`out${index}`]?.data ?? [])];
        expect(ours).toHaveLength(values.length);
        for (const [i, value] of values.entries()) {
          if (typeof value === 'number') expect(Number(ours[i])).toBeCloseTo(value, 4);
          else expect(ours[i]).toBe(value);
        }
      }
    },
  );

  it('names a feed that does not fit', async () => {
    const session = await openSession(modelOf({ operator: 'Relu', inputs: [floats([2])] }));
    await expect(session.run({})).rejects.toMatchObject({
      code: 'TRS_ONNX_FEED',
      message: expect.stringContaining('"in0"'),
    });
    await expect(session.run({ in0: words })).rejects.toMatchObject({ code: 'TRS_ONNX_FEED' });
    await expect(session.run({ in0: { ...floats([2]), dims: [3] } })).rejects.toMatchObject({
      code: 'TRS_ONNX_FEED',
    });
    await expect(session.run({ in0: floats([2]), more: floats([2]) })).rejects.toMatchObject({
      code: 'TRS_ONNX_FEED',
    });
  });

  it('names an unknown operator, an unknown operator set, and a value that nothing makes', async () => {
    await expect(openSession(modelOf({ operator: 'toString', inputs: [floats([1])] }))).rejects.toThrowError(
      expect.objectContaining({ code: 'TRS_ONNX_OPERATOR' }),
    );
    const model = modelOf({ operator: 'Relu', inputs: [floats([1])] });
    await expect(openSession({ ...model, opsets: [{ domain: '', version: 99 }] })).rejects.toThrowError(
      expect.objectContaining({ code: 'TRS_ONNX_OPSET' }),
    );
    await expect(openSession({ ...model, graph: { ...model.graph, inputs: [] } })).rejects.toThrowError(
      expect.objectContaining({ code: 'TRS_ONNX_ORDER' }),
    );
  });
});

const shapeDims = (value: ValueData | undefined): string[] =>
  (value?.dims ?? []).map((_, axis) => `o${axis}`);

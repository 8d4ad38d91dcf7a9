import * as ort from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import type { Attribute, OnnxModel, TensorData } from '../../format/model.ts';
import { readModel } from '../../format/read-model.ts';
import { writeModel } from '../../format/write-model.ts';
import { openSession } from '../../session/session.ts';

ort.env.wasm.numThreads = 1;

const int = (value: number): Attribute => ({ kind: 'int', value });
const number = (value: number): Attribute => ({ kind: 'float', value });
const numbers = (...value: number[]): Attribute => ({ kind: 'floats', value });
const texts = (...value: string[]): Attribute => ({ kind: 'strings', value });
const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });
const text = (value: string): Attribute => ({ kind: 'string', value });

type Values = Omit<TensorData, 'name'>;
const points = (rows: number, columns: number): Values => ({
  type: 'float32',
  dims: [rows, columns],
  data: Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * 12.9898 + 1) * 2),
});
const words = (...data: string[]): Values => ({ type: 'string', dims: [data.length], data });
const longs = (...data: number[]): Values => ({ type: 'int64', dims: [data.length], data });

/** Two trees: a root that divides, and a second one below its false way. */
const TREES = {
  nodes_treeids: ints(0, 0, 0, 0, 0, 1, 1, 1),
  nodes_nodeids: ints(0, 1, 2, 3, 4, 0, 1, 2),
  nodes_featureids: ints(0, 0, 1, 0, 0, 1, 0, 0),
  nodes_modes: texts('BRANCH_LEQ', 'LEAF', 'BRANCH_GT', 'LEAF', 'LEAF', 'BRANCH_LT', 'LEAF', 'LEAF'),
  nodes_values: numbers(0.25, 0, -0.5, 0, 0, 0.75, 0, 0),
  nodes_truenodeids: ints(1, 0, 3, 0, 0, 1, 0, 0),
  nodes_falsenodeids: ints(2, 0, 4, 0, 0, 2, 0, 0),
  nodes_missing_value_tracks_true: ints(1, 0, 0, 0, 0, 0, 0, 0),
};
const LEAVES = [0, 0, 0, 1, 1];
const LEAF_NODES = [1, 3, 4, 1, 2];
const classifier = (
  ids: number[],
  weights: number[],
  more: Record<string, Attribute>,
): Record<string, Attribute> => ({
  ...TREES,
  class_treeids: ints(...LEAVES),
  class_nodeids: ints(...LEAF_NODES),
  class_ids: ints(...ids),
  class_weights: numbers(...weights),
  ...more,
});
const regressor = (more: Record<string, Attribute>): Record<string, Attribute> => ({
  ...TREES,
  target_treeids: ints(...LEAVES),
  target_nodeids: ints(...LEAF_NODES),
  target_ids: ints(0, 0, 0, 0, 0),
  target_weights: numbers(0.5, -1.25, 2, 3, -0.5),
  n_targets: int(1),
  ...more,
});
const SVM = {
  classlabels_ints: ints(0, 1, 2),
  vectors_per_class: ints(2, 1, 2),
  support_vectors: numbers(1, 0.5, -1, 0.2, 0.3, 0.3, 2, -1, 0.1, 0.9),
  coefficients: numbers(0.7, -0.4, -0.3, -0.9, 0.5, 0.2, 0.6, -1, -0.1, 0.8),
  rho: numbers(0.1, -0.2, 0.3),
};
const withNaN: Values = { ...points(3, 2), data: Float32Array.of(Number.NaN, 1, 0.1, Number.NaN, 1, -1) };

const cases: readonly [
  string,
  string,
  Record<string, Attribute>,
  readonly Values[],
  readonly TensorData['type'][],
  number?,
][] = [
  [
    'two classes, shares',
    'TreeEnsembleClassifier',
    classifier([0, 0, 0, 0, 0], [0.25, 0.1, 0.4, 0.3, 0.5], { classlabels_int64s: ints(7, 8) }),
    [points(8, 2)],
    ['int64', 'float32'],
  ],
  [
    'two classes, logits',
    'TreeEnsembleClassifier',
    classifier([0, 0, 0, 0, 0], [0.25, -0.1, 0.4, -0.3, 0.5], {
      classlabels_strings: texts('no', 'yes'),
      post_transform: text('LOGISTIC'),
    }),
    [points(8, 2)],
    ['string', 'float32'],
  ],
  [
    'two classes, logits as they are',
    'TreeEnsembleClassifier',
    classifier([0, 0, 0, 0, 0], [0.25, -0.1, 0.4, -0.3, 0.5], {
      classlabels_int64s: ints(0, 1),
      base_values: numbers(0.5),
    }),
    [points(8, 2)],
    ['int64', 'float32'],
  ],
  [
    'three classes',
    'TreeEnsembleClassifier',
    classifier([0, 1, 2, 1, 0], [0.25, 0.1, 0.4, 0.3, 0.5], {
      classlabels_strings: texts('a', 'b', 'c'),
      post_transform: text('SOFTMAX'),
      base_values: numbers(0.1, 0.2, -0.1),
    }),
    [points(8, 2)],
    ['string', 'float32'],
  ],
  [
    'missing values',
    'TreeEnsembleClassifier',
    classifier([0, 1, 2, 1, 0], [0.25, 0.1, 0.4, 0.3, 0.5], { classlabels_strings: texts('a', 'b', 'c') }),
    [withNaN],
    ['string', 'float32'],
  ],
  ...['SUM', 'AVERAGE', 'MIN', 'MAX']
    .map(
      (how) =>
        [
          how,
          'TreeEnsembleRegressor',
          regressor({ aggregate_function: text(how), base_values: numbers(0.5) }),
          [points(8, 2)],
          ['float32'],
        ] as const,
    )
    .map(
      ([a, b, c, d, e]): [
        string,
        string,
        Record<string, Attribute>,
        readonly Values[],
        readonly TensorData['type'][],
      ] => [a, b, c, d, e as unknown as readonly TensorData['type'][]],
    ),
  [
    'three classes, votes',
    'SVMClassifier',
    { ...SVM, kernel_type: text('RBF'), kernel_params: numbers(0.5, 0, 3) },
    [points(6, 2)],
    ['int64', 'float32'],
  ],
  [
    'three classes, probabilities',
    'SVMClassifier',
    {
      ...SVM,
      kernel_type: text('POLY'),
      kernel_params: numbers(0.5, 1, 2),
      prob_a: numbers(-1, -2, -0.5),
      prob_b: numbers(0.1, 0, -0.1),
    },
    [points(6, 2)],
    ['int64', 'float32'],
  ],
  [
    'linear',
    'SVMRegressor',
    {
      coefficients: numbers(0.5, -2),
      kernel_type: text('LINEAR'),
      kernel_params: numbers(0, 0, 0),
      rho: numbers(0.25),
    },
    [points(4, 2)],
    ['float32'],
  ],
  [
    'sigmoid',
    'SVMRegressor',
    {
      coefficients: numbers(0.5, -2),
      support_vectors: numbers(1, 2, -1, 0.5),
      n_supports: int(2),
      kernel_type: text('SIGMOID'),
      kernel_params: numbers(0.5, 0.1, 3),
      rho: numbers(0.25),
    },
    [points(4, 2)],
    ['float32'],
  ],
  [
    'outliers',
    'SVMRegressor',
    {
      coefficients: numbers(0.5, 2),
      support_vectors: numbers(1, 2, -1, 0.5),
      n_supports: int(2),
      kernel_type: text('RBF'),
      kernel_params: numbers(0.5, 0, 3),
      rho: numbers(-0.5),
      one_class: int(1),
    },
    [points(4, 2)],
    ['float32'],
  ],
  ...(['MAX', 'L1', 'L2'] as const).map(
    (norm): [string, string, Record<string, Attribute>, readonly Values[], readonly TensorData['type'][]] => [
      norm,
      'Normalizer',
      { norm: text(norm) },
      [points(3, 4)],
      ['float32'],
    ],
  ),
  [
    'one line for two classes',
    'LinearClassifier',
    {
      coefficients: numbers(1, -2),
      intercepts: numbers(0.25),
      classlabels_ints: ints(0, 1),
      post_transform: text('LOGISTIC'),
    },
    [points(5, 2)],
    ['int64', 'float32'],
  ],
  [
    'two targets',
    'LinearRegressor',
    { coefficients: numbers(1, -2, 0.5, 3), intercepts: numbers(0.25, 1), targets: int(2) },
    [points(5, 2)],
    ['float32'],
  ],
  [
    'version 1, places',
    'LabelEncoder',
    { classes_strings: texts('a', 'b'), default_int64: int(-7) },
    [words('b', 'c', 'a')],
    ['int64'],
    1,
  ],
  [
    'version 1, texts',
    'LabelEncoder',
    { classes_strings: texts('a', 'b'), default_string: text('none') },
    [longs(1, 5, 0)],
    ['string'],
    1,
  ],
  [
    'floats',
    'LabelEncoder',
    { keys_floats: numbers(1, Number.NaN, 2), values_strings: texts('one', 'nan', 'two') },
    [{ type: 'float32', dims: [3], data: Float32Array.of(2, Number.NaN, 5) }],
    ['string'],
    4,
  ],
  [
    'to integers',
    'CategoryMapper',
    { cats_int64s: ints(10, 20), cats_strings: texts('a', 'b') },
    [words('b', 'c')],
    ['int64'],
  ],
  [
    'to texts',
    'CategoryMapper',
    { cats_int64s: ints(10, 20), cats_strings: texts('a', 'b') },
    [longs(20, 7)],
    ['string'],
  ],
  ['columns', 'ArrayFeatureExtractor', {}, [points(3, 4), longs(2, 0)], ['float32']],
  ['threshold', 'Binarizer', { threshold: number(0.5) }, [points(3, 4)], ['float32']],
  [
    'two inputs',
    'FeatureVectorizer',
    { inputdimensions: ints(2, 1) },
    [points(3, 2), points(3, 1)],
    ['float32'],
  ],
];

function modelOf(
  operator: string,
  attributes: Record<string, Attribute>,
  inputs: readonly Values[],
  outputs: readonly TensorData['type'][],
  version: number,
): OnnxModel {
  return {
    irVersion: 8,
    producer: 'test',
    opsets: [
      { domain: '', version: 17 },
      { domain: 'ai.onnx.ml', version },
    ],
    metadata: {},
    graph: {
      name: 'graph',
      nodes: [
        {
          name: 'node',
          operator,
          domain: 'ai.onnx.ml',
          inputs: inputs.map((_, i) => `in${i}`),
          outputs: outputs.map((_, i) => `out${i}`),
          attributes,
        },
      ],
      initializers: [],
      inputs: inputs.map(({ type, dims }, i) => ({ name: `in${i}`, type, dims })),
      outputs: outputs.map((type, i) => ({ name: `out${i}`, type, dims: [], isRankless: true })),
    },
  };
}

describe('operators of ai.onnx.ml', () => {
  it.each(cases)(
    'compute %s of %s as onnxruntime does',
    async (_, operator, attributes, inputs, outputs, version = 3) => {
      const bytes = writeModel(modelOf(operator, attributes, inputs, outputs, version));
      const ours = await (await openSession(readModel(bytes))).run(
        Object.fromEntries(inputs.map((input, i) => [`in${i}`, input])),
      );
      const session = await ort.InferenceSession.create(bytes);
      const feeds = inputs.map(({ type, dims, data }, i) => {
        const values =
          type === 'int64'
            ? BigInt64Array.from(data as number[], BigInt)
            : type === 'string'
              ? [...data]
              : data;
        return [`in${i}`, new ort.Tensor(type as 'float32', values as Float32Array, [...dims])] as const;
      });
      const theirs = await session.run(Object.fromEntries(feeds));
      for (const [i, type] of outputs.entries()) {
        const [own, other] = [ours[`out${i}`], theirs[`out${i}`]];
        expect([own?.type, own?.dims]).toEqual([type, other?.dims]);
        const wanted = Array.from(other?.data as ArrayLike<unknown>);
        const found = Array.from<unknown>(own?.data ?? []);
        for (const [at, value] of wanted.entries()) {
          if (typeof value === 'number') expect(found[at]).toBeCloseTo(value, 5);
          else expect(found[at]).toBe(value);
        }
      }
    },
  );
});

import { concat, tensor, where } from '@trestle/core';
import type { Operator } from './operator.ts';
import { numbers, toRuntime } from './value.ts';

const row = (values: readonly number[]) => tensor(Float32Array.from(values), { shape: [1, values.length] });

/** Replaces missing numbers (NaN, or a given one) column by column. */
const imputer: Operator = (call) => {
  const x = call.tensor(0);
  const fill = call.floats('imputed_value_floats');
  if (fill.length === 0) throw call.fail('it has no imputed_value_floats');
  const missing = call.float('replaced_value_float', Number.NaN);
  return numbers(where(Number.isNaN(missing) ? x.notEqual(x) : x.equal(missing), row(fill), x));
};

const scaler: Operator = (call) => {
  const x = call.tensor(0).cast('float32');
  const [offset, scale] = [call.floats('offset'), call.floats('scale')];
  const moved = offset.length > 0 ? x.sub(row(offset)) : x;
  return numbers(scale.length > 0 ? moved.mul(row(scale)) : moved);
};

const labelEncoder: Operator = async (call) => {
  const value = call.value(0);
  const dims = value.kind === 'texts' ? value.dims : value.tensor.shape;
  const keys: readonly (string | number)[] =
    value.kind === 'texts'
      ? call.texts('keys_strings')
      : [...call.ints('keys_int64s'), ...call.floats('keys_floats')];
  const input: readonly (string | number)[] =
    value.kind === 'texts' ? value.data : [...(await value.tensor.data())];
  const place = new Map(keys.map((key, index) => [key, index]));
  const look = <T>(values: readonly T[], otherwise: T): T[] =>
    input.map((key) => {
      const index = place.get(key);
      return index === undefined ? otherwise : (values[index] ?? otherwise);
    });
  const [ints, floats, texts] = [
    call.ints('values_int64s'),
    call.floats('values_floats'),
    call.texts('values_strings'),
  ];
  if (ints.length > 0)
    return toRuntime({ name: '', type: 'int64', dims, data: look(ints, call.int('default_int64', -1)) });
  if (floats.length > 0)
    return toRuntime({ name: '', type: 'float32', dims, data: look(floats, call.float('default_float', 0)) });
  return { kind: 'texts', dims, data: look(texts, call.text('default_string', '_Unused')) };
};

/** One column per category; a value that is none of them gives zeros, or is refused when `zeros` is 0. */
const oneHotEncoder: Operator = async (call) => {
  const value = call.value(0);
  const dims = value.kind === 'texts' ? value.dims : value.tensor.shape;
  const categories: readonly (string | number)[] =
    value.kind === 'texts' ? call.texts('cats_strings') : call.ints('cats_int64s');
  const input: readonly (string | number)[] =
    value.kind === 'texts' ? value.data : [...(await value.tensor.data())];
  const place = new Map(categories.map((category, index) => [category, index]));
  const width = categories.length;
  const out = new Float32Array(input.length * width);
  for (const [at, category] of input.entries()) {
    const index = place.get(category);
    if (index !== undefined) out[at * width + index] = 1;
    else if (call.int('zeros', 1) === 0) throw call.fail(`"${category}" is none of its categories`);
  }
  return numbers(tensor(out, { shape: [...dims, width] }));
};

const linearRegressor: Operator = (call) => {
  const targets = call.int('targets', 1);
  const coefficients = call.floats('coefficients');
  const weights = tensor(Float32Array.from(coefficients), {
    shape: [targets, coefficients.length / targets],
  });
  const scores = call.tensor(0).matmul(weights.transpose());
  const intercepts = call.floats('intercepts');
  return numbers(intercepts.length > 0 ? scores.add(row(intercepts)) : scores);
};

const linearClassifier: Operator = async (call) => {
  const intercepts = call.floats('intercepts');
  const coefficients = call.floats('coefficients');
  const texts = call.texts('classlabels_strings');
  const ints = call.ints('classlabels_ints');
  const classes = Math.max(texts.length, ints.length, intercepts.length);
  const width = call.tensor(0).shape[1] ?? 1;
  const lines = coefficients.length / width;
  const weights = tensor(Float32Array.from(coefficients), { shape: [lines, width] });
  const product = call.tensor(0).cast('float32').matmul(weights.transpose());
  const raw = intercepts.length > 0 ? product.add(row(intercepts)) : product;
  // One line of coefficients for two classes: the other one's score is its opposite.
  const both = lines === 1 && classes === 2 ? concat([raw.neg(), raw], 1) : raw;
  const transform = call.text('post_transform', 'NONE');
  if (!['NONE', 'LOGISTIC', 'SOFTMAX'].includes(transform))
    throw call.fail(`its post_transform is ${transform}`);
  const scores = transform === 'LOGISTIC' ? both.sigmoid() : transform === 'SOFTMAX' ? both.softmax(1) : both;
  const best = [...(await both.argmax(1).data())];
  const labels =
    texts.length > 0
      ? ({ kind: 'texts', dims: [best.length], data: best.map((index) => texts[index] ?? '') } as const)
      : toRuntime({
          name: '',
          type: 'int64',
          dims: [best.length],
          data: best.map((index) => ints[index] ?? index),
        });
  return [labels, numbers(scores)];
};

export const mlOperators: Readonly<Record<string, Operator>> = {
  Imputer: imputer,
  Scaler: scaler,
  LabelEncoder: labelEncoder,
  OneHotEncoder: oneHotEncoder,
  LinearRegressor: linearRegressor,
  LinearClassifier: linearClassifier,
  Binarizer: (call) => numbers(call.tensor(0).greater(call.float('threshold', 0)).cast('float32')),
  FeatureVectorizer: (call) => {
    const [first, ...rest] = call.inputs.map((_, index) => call.tensor(index).cast('float32'));
    if (!first) throw call.fail('it has no inputs');
    return numbers(concat([first, ...rest], 1));
  },
};

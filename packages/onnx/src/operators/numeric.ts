import { concat, type DType, type Tensor, tensor, where } from '@trestle/core';
import type { Operator } from './operator.ts';
import { numbers, toRuntime } from './value.ts';

const unary =
  (fn: (x: Tensor) => Tensor): Operator =>
  (call) => {
    const value = call.value(0);
    return numbers(
      fn(call.tensor(0)),
      value.kind === 'numbers' && value.type === 'float64' ? 'float64' : undefined,
    );
  };
const binary =
  (fn: (x: Tensor, y: Tensor) => Tensor): Operator =>
  (call) =>
    numbers(fn(call.tensor(0), call.tensor(1)));

/** ONNX divides integers towards zero. */
const divide = (x: Tensor, y: Tensor): Tensor =>
  x.dtype === 'int32' && y.dtype === 'int32' ? x.div(y).cast('int32') : x.div(y);

/** The remainder of integers has the sign of the divisor. */
const remainder: Operator = async (call) => {
  const [x, y] = [call.tensor(0), call.tensor(1)];
  if (x.dtype !== 'int32' || y.dtype !== 'int32' || y.size !== 1 || call.int('fmod', 0) === 1)
    throw call.fail('it is not of integers by one integer');
  const [divisor = 1] = await y.data();
  if (divisor === 0) throw call.fail('it divides by 0');
  const data = Int32Array.from(await x.data(), (value) => ((value % divisor) + divisor) % divisor);
  return numbers(tensor(data, { shape: x.shape }));
};

/** Equal on texts compares them; everything else is numeric. */
const equal: Operator = (call) => {
  const [a, b] = [call.value(0), call.value(1)];
  if (a.kind === 'numbers' || b.kind === 'numbers') return numbers(call.tensor(0).equal(call.tensor(1)));
  if (b.data.length !== 1 && b.data.length !== a.data.length) throw call.fail('the texts differ in shape');
  const hits = a.data.map((text, i) => Number(text === (b.data.length === 1 ? b.data[0] : b.data[i])));
  return toRuntime({ name: '', type: 'bool', dims: a.dims, data: hits });
};

const gemm: Operator = (call) => {
  const swap = (x: Tensor, attribute: string): Tensor => (call.int(attribute, 0) === 1 ? x.transpose() : x);
  const product = swap(call.tensor(0), 'transA').matmul(swap(call.tensor(1), 'transB'));
  const scaled = call.float('alpha', 1) === 1 ? product : product.mul(call.float('alpha', 1));
  const bias = call.optionalTensor(2);
  if (!bias) return numbers(scaled);
  return numbers(scaled.add(call.float('beta', 1) === 1 ? bias : bias.mul(call.float('beta', 1))));
};

/** DataType numbers of onnx.proto3 that Cast turns into the core's types. */
const CAST_TYPES: Readonly<
  Record<number, readonly [DType, 'float32' | 'float64' | 'int32' | 'int64' | 'bool']>
> = {
  1: ['float32', 'float32'],
  6: ['int32', 'int32'],
  7: ['int32', 'int64'],
  9: ['bool', 'bool'],
  11: ['float32', 'float64'],
};

const cast: Operator = (call) => {
  const target = CAST_TYPES[call.int('to', 1)];
  if (!target) throw call.fail(`it casts to the type ${call.int('to', 1)}`);
  return numbers(call.tensor(0).cast(target[0]), target[1]);
};

/** The Gauss error function, to 1.2e-7: what float32 can tell apart (Numerical Recipes, 2nd edition, section 6.2). */
function erf(x: Tensor): Tensor {
  const t = x.abs().mul(0.5).add(1).pow(-1);
  const coefficients = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196,
    1.00002368, -1.26551223,
  ];
  const [first = 0, ...rest] = coefficients;
  const series = rest.reduce((sum, coefficient) => sum.mul(t).add(coefficient), t.mul(0).add(first));
  const complement = t.mul(series.sub(x.mul(x)).exp());
  return x.sign().mul(complement.neg().add(1));
}

const reduction =
  (fn: (x: Tensor, axes: readonly number[] | undefined, keepDims: boolean) => Tensor): Operator =>
  async (call) => {
    const axes = await call.integers(1, 'axes');
    if ((!axes || axes.length === 0) && call.int('noop_with_empty_axes', 0) === 1)
      return numbers(call.tensor(0));
    return numbers(fn(call.tensor(0), axes?.length ? axes : undefined, call.int('keepdims', 1) === 1));
  };

export const numericOperators: Readonly<Record<string, Operator>> = {
  Add: binary((x, y) => x.add(y)),
  Sub: binary((x, y) => x.sub(y)),
  Mul: binary((x, y) => x.mul(y)),
  Div: binary(divide),
  Mod: remainder,
  Pow: binary((x, y) => x.pow(y)),
  Max: (call) => numbers(call.inputs.map((_, i) => call.tensor(i)).reduce((x, y) => x.maximum(y))),
  Min: (call) => numbers(call.inputs.map((_, i) => call.tensor(i)).reduce((x, y) => x.minimum(y))),
  Sqrt: unary((x) => x.sqrt()),
  Exp: unary((x) => x.exp()),
  Log: unary((x) => x.log()),
  Neg: unary((x) => x.neg()),
  Abs: unary((x) => x.abs()),
  Floor: unary((x) => x.floor()),
  Sign: unary((x) => x.sign()),
  Sin: unary((x) => x.sin()),
  Cos: unary((x) => x.cos()),
  Erf: unary(erf),
  Relu: unary((x) => x.relu()),
  LeakyRelu: (call) => {
    const x = call.tensor(0);
    return numbers(where(x.less(0), x.mul(call.float('alpha', 0.01)), x));
  },
  Sigmoid: unary((x) => x.sigmoid()),
  Tanh: unary((x) => x.tanh()),
  Identity: (call) => call.value(0),
  Softmax: (call) => numbers(call.tensor(0).softmax(call.int('axis', -1))),
  LogSoftmax: (call) => numbers(call.tensor(0).logSoftmax(call.int('axis', -1))),
  Gemm: gemm,
  MatMul: binary((x, y) => x.matmul(y)),
  Cast: cast,
  Clip: (call) => {
    const [low, high] = [call.optionalTensor(1), call.optionalTensor(2)];
    const floor = low ? call.tensor(0).maximum(low) : call.tensor(0);
    return numbers(high ? floor.minimum(high) : floor);
  },
  Where: (call) => numbers(where(call.tensor(0), call.tensor(1), call.tensor(2))),
  Equal: equal,
  Less: binary((x, y) => x.less(y)),
  LessOrEqual: binary((x, y) => x.lessEqual(y)),
  Greater: binary((x, y) => x.greater(y)),
  GreaterOrEqual: binary((x, y) => x.greaterEqual(y)),
  // NaN is the only number that does not equal itself.
  IsNaN: unary((x) => x.notEqual(x)),
  Not: unary((x) => x.not()),
  And: binary((x, y) => x.mul(y).notEqual(0)),
  Or: binary((x, y) => x.add(y).notEqual(0)),
  ReduceSum: reduction((x, axes, keepDims) => x.sum(axes, { keepDims })),
  ReduceMean: reduction((x, axes, keepDims) => x.mean(axes, { keepDims })),
  ReduceMax: reduction((x, axes, keepDims) => x.max(axes, { keepDims })),
  ReduceMin: reduction((x, axes, keepDims) => x.min(axes, { keepDims })),
  ArgMax: (call) =>
    numbers(call.tensor(0).argmax(call.int('axis', 0), { keepDims: call.int('keepdims', 1) === 1 })),
  Concat: (call) => {
    const [first, ...rest] = call.inputs.map((_, index) => call.tensor(index));
    if (!first) throw call.fail('it has no inputs');
    return numbers(concat([first, ...rest], call.int('axis', 0)));
  },
};

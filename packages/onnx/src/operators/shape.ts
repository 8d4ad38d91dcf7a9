import type { Tensor } from '@trestle/core';
import type { Call, Operator } from './operator.ts';
import { resize } from './resize.ts';
import { numbers, type RuntimeValue, toRuntime } from './value.ts';

const dimsOf = (value: RuntimeValue): readonly number[] =>
  value.kind === 'texts' ? value.dims : value.tensor.shape;

/** The same elements in another shape, of numbers or texts. */
function reshaped(call: Call, dims: readonly number[]): RuntimeValue {
  const value = call.value(0);
  return value.kind === 'texts' ? { ...value, dims } : { ...value, tensor: value.tensor.reshape(dims) };
}

const reshape: Operator = async (call) => {
  const wanted = (await call.integers(1)) ?? [];
  const before = dimsOf(call.value(0));
  const size = before.reduce((product, length) => product * length, 1);
  // 0 keeps the length at its place.
  const kept = wanted.map((length, axis) =>
    length === 0 && call.int('allowzero', 0) === 0 ? (before[axis] ?? 0) : length,
  );
  const known = kept.filter((length) => length !== -1).reduce((product, length) => product * length, 1);
  const dims = kept.map((length) => (length === -1 ? (known === 0 ? 0 : size / known) : length));
  if (
    dims.some((length) => !Number.isInteger(length)) ||
    dims.reduce((p, length) => p * length, 1) !== size
  ) {
    throw call.fail(`[${before.join(', ')}] does not reshape to [${wanted.join(', ')}]`);
  }
  return reshaped(call, dims);
};

const flatten: Operator = (call) => {
  const dims = dimsOf(call.value(0));
  const axis = call.int('axis', 1);
  const at = axis < 0 ? axis + dims.length : axis;
  const product = (lengths: readonly number[]): number => lengths.reduce((p, length) => p * length, 1);
  return reshaped(call, [product(dims.slice(0, at)), product(dims.slice(at))]);
};

const unsqueeze: Operator = async (call) => {
  const dims = dimsOf(call.value(0));
  const axes = (await call.integers(1, 'axes')) ?? [];
  const rank = dims.length + axes.length;
  const added = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  const rest = [...dims];
  return reshaped(
    call,
    Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1))),
  );
};

const squeeze: Operator = async (call) => {
  const dims = dimsOf(call.value(0));
  const axes = (await call.integers(1, 'axes'))?.map((axis) => (axis < 0 ? axis + dims.length : axis));
  return reshaped(
    call,
    dims.filter((length, axis) => (axes ? !axes.includes(axis) : length !== 1)),
  );
};

const slice: Operator = async (call) => {
  const x = call.tensor(0);
  const starts = (await call.integers(1, 'starts')) ?? [];
  const ends = (await call.integers(2, 'ends')) ?? [];
  const axes = (await call.integers(3, 'axes')) ?? starts.map((_, axis) => axis);
  const steps = (await call.integers(4)) ?? starts.map(() => 1);
  if (steps.some((step) => step < 1)) throw call.fail('it steps backwards');
  const ranges = new Array<readonly [number, number, number] | null>(x.rank).fill(null);
  for (const [i, axis] of axes.entries()) {
    ranges[axis < 0 ? axis + x.rank : axis] = [starts[i] ?? 0, ends[i] ?? 0, steps[i] ?? 1];
  }
  return numbers(x.slice(ranges));
};

const gather: Operator = async (call) => {
  const x = call.tensor(0);
  const axis = call.int('axis', 0);
  const at = axis < 0 ? axis + x.rank : axis;
  const length = x.shape[at] ?? 0;
  const indices = call.tensor(1);
  const flat = [...(await indices.data())].map((index) => (index < 0 ? index + length : index));
  if (flat.some((index) => index < 0 || index >= length))
    throw call.fail(`an index is outside 0 … ${length - 1}`);
  const rows: Tensor = x.gather(toIndices(flat), at);
  return numbers(rows.reshape([...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)]));
};

function toIndices(flat: readonly number[]): Tensor {
  const value = toRuntime({ name: 'indices', type: 'int64', dims: [flat.length], data: flat });
  if (value.kind === 'texts') throw new TypeError('Indices are numbers.');
  return value.tensor;
}

const constant: Operator = (call) => {
  const value = call.node.attributes.value;
  if (value?.kind === 'tensor') return toRuntime(value.value);
  const float = call.node.attributes.value_float;
  if (float?.kind === 'float') return toRuntime({ name: '', type: 'float32', dims: [], data: [float.value] });
  const int = call.node.attributes.value_int;
  if (int?.kind === 'int') return toRuntime({ name: '', type: 'int64', dims: [], data: [int.value] });
  const ints = call.ints('value_ints');
  return toRuntime({ name: '', type: 'int64', dims: [ints.length], data: ints });
};

export const shapeOperators: Readonly<Record<string, Operator>> = {
  Reshape: reshape,
  Flatten: flatten,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Slice: slice,
  Gather: gather,
  Resize: resize,
  Constant: constant,
  Transpose: (call) => {
    const permutation = call.ints('perm');
    return numbers(call.tensor(0).transpose(permutation.length > 0 ? permutation : undefined));
  },
  Shape: (call) => {
    const dims = dimsOf(call.value(0));
    return toRuntime({ name: '', type: 'int64', dims: [dims.length], data: dims });
  },
};

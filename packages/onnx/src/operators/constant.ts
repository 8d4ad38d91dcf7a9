import type { ElementType } from '../format/element-types.ts';
import {
  checkSize,
  floats,
  fromNumbers,
  integersOf,
  isBig,
  make,
  newData,
  sizeOf,
  type Tensor,
  texts,
  withDims,
} from '../tensor/tensor.ts';
import {
  bigint,
  bigints,
  elementType,
  float,
  floatList,
  int,
  required,
  string,
  strings,
  tensor,
} from './attributes.ts';
import { op, type Versions } from './definition.ts';
import { filled } from './move.ts';

const words = {
  ...{
    value: tensor(),
    value_float: float(),
    value_floats: floatList(),
    value_int: optionalBig(),
    value_ints: bigints(),
  },
  ...{ value_string: string(), value_strings: strings() },
};
function optionalBig() {
  const own = bigint(0n);
  return {
    ...own,
    read: (attribute: Parameters<typeof own.read>[0]) => (attribute ? own.read(attribute) : undefined),
  };
}

interface Words {
  readonly value?: Tensor | undefined;
  readonly sparse_value?: Tensor | undefined;
  readonly value_float?: number | undefined;
  readonly value_floats?: readonly number[] | undefined;
  readonly value_int?: bigint | undefined;
  readonly value_ints?: readonly bigint[] | undefined;
  readonly value_string?: string | undefined;
  readonly value_strings?: readonly string[] | undefined;
}
function constantOf(given: Words): Tensor | undefined {
  const found = given.value ?? given.sparse_value;
  if (found) return found;
  if (given.value_float !== undefined) return floats([], Float32Array.of(given.value_float));
  if (given.value_floats) return floats([given.value_floats.length], Float32Array.from(given.value_floats));
  if (given.value_int !== undefined) return make('int64', [], BigInt64Array.of(given.value_int));
  if (given.value_ints) return make('int64', [given.value_ints.length], BigInt64Array.from(given.value_ints));
  if (given.value_string !== undefined) return texts([], [given.value_string]);
  return given.value_strings && texts([given.value_strings.length], given.value_strings);
}
const extras = {
  types: (given: Words) => ({ T: constantOf(given)?.type }),
  refuse: (given: Words) => {
    const count = Object.values(given).filter((one) => one !== undefined).length;
    return count === 1 ? undefined : `it has ${count} values instead of one`;
  },
};
const give = (given: Words, fail: (reason: string) => Error): Tensor => {
  const found = constantOf(given);
  if (!found) throw fail('it has no value');
  return found;
};
const only = required(tensor());
export const Constant: Versions = {
  1: op(' -> T', { value: only }, (_, given, call) => give(given, call.fail), extras),
  11: op(
    ' -> T',
    { value: tensor(), sparse_value: tensor() },
    (_, given, call) => give(given, call.fail),
    extras,
  ),
  12: op(' -> T', { ...words, sparse_value: tensor() }, (_, given, call) => give(given, call.fail), extras),
};

export const ConstantOfShape: Versions = {
  9: op(
    'int64 -> T',
    { value: tensor() },
    ([shape], { value }) =>
      filled(value ? withDims(value, []) : floats([], new Float32Array(1)), integersOf(shape)),
    {
      types: ({ value }) => ({ T: value?.type ?? 'float32' }),
      refuse: ({ value }) => (value && value.data.length !== 1 ? 'its value is not one element' : undefined),
    },
  ),
};

function range(start: Tensor, limit: Tensor, delta: Tensor, fail: (reason: string) => Error): Tensor {
  const [from = 0, to = 0, step = 0] = [start, limit, delta].map(({ data }) => data[0]);
  if (Number(step) === 0) throw fail('its step is 0');
  if (typeof from === 'bigint' && typeof to === 'bigint' && typeof step === 'bigint') {
    const count = Math.max(0, Math.ceil(Number(to - from) / Number(step)));
    checkSize([count], start.type);
    const out = newData('int64', count);
    for (let i = 0; i < count; i++) out[i] = from + BigInt(i) * step;
    return make(start.type, [count], out);
  }
  const count = Math.max(0, Math.ceil((Number(to) - Number(from)) / Number(step)));
  if (!Number.isFinite(count)) throw fail('it has no end');
  checkSize([count], start.type);
  return fromNumbers(
    start.type,
    [count],
    Float64Array.from({ length: count }, (_, i) => Number(from) + i * Number(step)),
  );
}
export const Range: Versions = {
  11: op('T:number T T -> T', {}, ([start, limit, delta], _, call) => range(start, limit, delta, call.fail)),
  27: op('T:number T T -> T', { stash_type: int(1) }, ([start, limit, delta], _, call) =>
    range(start, limit, delta, call.fail),
  ),
};

export const EyeLike: Versions = {
  9: op(
    'T:any -> U',
    { dtype: elementType(), k: int(0) },
    ([x], { dtype, k }, call) => {
      const [rows = 0, columns = 0] = x.dims;
      if (x.dims.length !== 2) throw call.fail('its input is no matrix');
      const type = dtype ?? x.type;
      const out = newData(type, rows * columns) as Tensor['data'] & { [at: number]: unknown };
      for (let row = 0; row < rows; row++) {
        const column = row + k;
        if (column >= 0 && column < columns) out[row * columns + column] = isBig(out) ? 1n : 1;
      }
      return make(type, x.dims, out);
    },
    {
      types: ({ dtype }, [input]) => ({ U: dtype ?? (input as ElementType | undefined) }),
      refuse: ({ dtype }) => (dtype === 'string' ? 'it makes texts' : undefined),
    },
  ),
};

/** One value where an index points, another elsewhere; an index outside the depth points nowhere. */
export const OneHot: Versions = {
  9: op('I:number D:number T:any -> T', { axis: int(-1) }, ([indices, depth, values], { axis }, call) => {
    const count = integersOf(depth)[0] ?? 0;
    const rank = indices.dims.length + 1;
    const at = axis < 0 ? axis + rank : axis;
    if (at < 0 || at >= rank) throw call.fail(`axis ${axis} is none of ${rank}`);
    if (values.data.length !== 2) throw call.fail('its values are not two');
    if (!(count >= 1)) throw call.fail(`its depth is ${count}`);
    const dims = [...indices.dims.slice(0, at), Math.trunc(count), ...indices.dims.slice(at)];
    checkSize(dims, values.type);
    const out = newData(values.type, sizeOf(dims)) as unknown[] & { fill(value: unknown): unknown };
    out.fill(values.data[0]);
    const inner = sizeOf(indices.dims.slice(at));
    for (const [i, index] of integersOf(indices).entries()) {
      const place = Math.trunc(index) < 0 ? Math.trunc(index) + count : Math.trunc(index);
      if (place < 0 || place >= count) continue;
      out[(Math.floor(i / inner) * count + place) * inner + (i % inner)] = values.data[1];
    }
    return make(values.type, dims, out as unknown as Tensor['data']);
  }),
};

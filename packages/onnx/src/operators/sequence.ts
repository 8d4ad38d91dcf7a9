import type { ValueType } from '../format/model.ts';
import type { OnnxError } from '../onnx-error.ts';
import { axisOf, concatenated } from '../tensor/places.ts';
import {
  integersOf,
  longs,
  make,
  type Optional as OptionalValue,
  type Sequence,
  type Tensor,
  type Value,
  withDims,
} from '../tensor/tensor.ts';
import { elementType, flag, int, required, valueType } from './attributes.ts';
import { op, type Versions } from './definition.ts';
import { pieces } from './move.ts';

type Fail = (reason: string) => OnnxError;

const listOf = (items: readonly Value[], type: ValueType): Sequence => ({
  kind: 'sequence',
  type: `sequence<${type}>`,
  items,
});

export const SequenceEmpty: Versions = {
  11: op(' -> S', { dtype: elementType() }, (_, { dtype }) => listOf([], dtype ?? 'float32'), {
    types: ({ dtype }) => ({ S: `sequence<${dtype ?? 'float32'}>` }),
  }),
};
export const SequenceConstruct: Versions = {
  11: op(
    'T:any* -> sequence<T>',
    {},
    (items, _, call) => {
      const [first] = items;
      if (!first) throw call.fail('it has no inputs');
      return listOf(items, first.type);
    },
    { refuse: (_, count) => (count === 0 ? 'it has no inputs' : undefined) },
  ),
};

const placeOf = (position: Tensor, length: number, fail: Fail): number => {
  const at = integersOf(position)[0] ?? 0;
  const place = at < 0 ? at + length : at;
  if (place >= 0 && place < length) return place;
  throw fail(`position ${at} is outside the ${length} items`);
};
const item = (list: Sequence, place: number, fail: Fail): Value => {
  const found = list.items[place];
  if (!found) throw fail(`it has no item ${place}`);
  return found;
};
export const SequenceAt: Versions = {
  11: op('sequence<T> I:index -> T', {}, ([list, position], _, call) =>
    item(list, placeOf(position, list.items.length, call.fail), call.fail),
  ),
};
export const SequenceInsert: Versions = {
  11: op('sequence<T> T I:index? -> sequence<T>', {}, ([list, value, position], _, call) => {
    // One place more than there are items: behind the last.
    const { length } = list.items;
    const at = position ? (integersOf(position)[0] ?? 0) : length;
    const place = at < 0 ? at + length : at;
    if (place < 0 || place > length) throw call.fail(`position ${at} is outside the ${length} items`);
    return { ...list, items: list.items.toSpliced(place, 0, value) };
  }),
};
export const SequenceErase: Versions = {
  11: op('sequence<T> I:index? -> sequence<T>', {}, ([list, position], _, call) => {
    const { length } = list.items;
    const place = position ? placeOf(position, length, call.fail) : length - 1;
    if (place < 0) throw call.fail('it has no items');
    return { ...list, items: list.items.toSpliced(place, 1) };
  }),
};
export const SequenceLength: Versions = {
  11: op('sequence<T> -> int64', {}, ([list]) => longs([], [list.items.length])),
};

export const ConcatFromSequence: Versions = {
  11: op(
    'sequence<T> -> T',
    { axis: required(int()), new_axis: flag(false) },
    ([list], { axis, new_axis: isNew }, call) => {
      const parts = list.items.map((one) => {
        if (one.kind !== 'tensor') throw call.fail('an item is no tensor');
        return one;
      });
      const [first] = parts;
      if (!first) throw call.fail('it has no items');
      const rank = first.dims.length;
      const at = axisOf(axis, isNew ? rank + 1 : rank, call.fail);
      const shaped = parts.map((one) => (isNew ? withDims(one, one.dims.toSpliced(at, 0, 1)) : one));
      const [model] = shaped;
      const isFitting = shaped.every(
        (one) =>
          one.dims.length === model?.dims.length &&
          one.dims.every((length, i) => i === at || length === model.dims[i]),
      );
      if (!isFitting) throw call.fail('its items differ in shape');
      return concatenated(shaped, at);
    },
  ),
};

export const SplitToSequence: Versions = {
  11: op(
    'T:any I:index? -> sequence<T>',
    { axis: int(0), keepdims: flag(true) },
    ([x, lengths], { axis, keepdims }, call) => {
      const at = axisOf(axis, x.dims.length, call.fail);
      const length = x.dims[at] ?? 0;
      const given = lengths && integersOf(lengths);
      const sizes = !given
        ? new Array<number>(length).fill(1)
        : lengths.dims.length > 0
          ? given
          : Array.from({ length: Math.ceil(length / Math.max(1, given[0] ?? 1)) }, (_, i) =>
              Math.min(given[0] ?? 1, length - i * (given[0] ?? 1)),
            );
      const parts = pieces(x, at, sizes, call.fail);
      // Without lengths each slice is one, and may lose its axis; with them it stays.
      return listOf(
        given || keepdims ? parts : parts.map((part) => withDims(part, part.dims.toSpliced(at, 1))),
        x.type,
      );
    },
  ),
};

const optionalOf = (type: ValueType, value: Value | undefined): OptionalValue => ({
  kind: 'optional',
  type: `optional<${type}>`,
  value,
});
export const Optional: Versions = {
  15: op(
    'V? -> O',
    { type: valueType() },
    ([value], { type }, call) => {
      const own = value?.type ?? type;
      if (own === undefined) throw call.fail('it has no value, and names no type');
      return optionalOf(own, value);
    },
    {
      types: ({ type }, [input]) => {
        const own = input ?? type;
        return { O: own && `optional<${own}>` };
      },
      refuse: ({ type }, count) =>
        count === 0 && type === undefined ? 'it has no value, and names no type' : undefined,
    },
  ),
};
const innerType = (type: ValueType | undefined): ValueType | undefined =>
  type?.startsWith('optional<') ? (type.slice('optional<'.length, -1) as ValueType) : type;
export const OptionalGetElement: Versions = {
  15: op(
    'V -> W',
    {},
    ([value], _, call) => {
      const found = value.kind === 'optional' ? value.value : value;
      if (!found) throw call.fail('its optional is empty');
      return found;
    },
    { types: (_, [input]) => ({ W: innerType(input) }) },
  ),
};
export const OptionalHasElement: Versions = {
  15: op('V? -> bool', {}, ([value]) => {
    const isThere = value !== undefined && (value.kind !== 'optional' || value.value !== undefined);
    return make('bool', [], Uint8Array.of(Number(isThere)));
  }),
};

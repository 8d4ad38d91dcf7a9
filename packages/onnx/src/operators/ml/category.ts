import type { ElementType } from '../../format/element-types.ts';
import type { ValueType } from '../../format/model.ts';
import {
  doublesOf,
  floats,
  fromNumbers,
  make,
  type Sequence,
  type Table,
  type Tensor,
  texts,
} from '../../tensor/tensor.ts';
import {
  bigint,
  bigints,
  choice,
  flag,
  float,
  floatList,
  int,
  Refusal,
  string,
  strings,
  tensor,
} from '../attributes.ts';
import { type Given, op, prepared, type Versions } from '../definition.ts';
import { labelsOf } from './labels.ts';

type Element = string | number | bigint;

/** A dictionary of elements; NaN finds NaN, and the last of equal keys counts. */
const dictionary = <V>(keys: readonly Element[], values: readonly V[]): Map<Element, V> =>
  new Map(keys.flatMap((key, i) => (i < values.length ? [[key, values[i]] as [Element, V]] : [])));

/** A tensor of elements of one type. */
const tensorOf = (type: ElementType, dims: readonly number[], values: readonly Element[]): Tensor => {
  if (type === 'string') return texts(dims, values.map(String));
  if (type === 'int64')
    return make(
      type,
      dims,
      BigInt64Array.from(values, (value) => BigInt(value)),
    );
  return fromNumbers(type, dims, values.map(Number));
};

interface Encoding {
  readonly keys: Map<Element, Element>;
  readonly from: ElementType;
  readonly to: ElementType;
  readonly otherwise: Element;
}
function encode(
  [x]: [Tensor],
  { keys, from, to, otherwise }: Encoding,
  call: { fail(reason: string): Error },
): Tensor {
  if (x.type !== from) throw call.fail(`its input is ${x.type}, and its keys are ${from}`);
  const out = Array.from<Element, Element>(x.data, (value) => keys.get(value) ?? otherwise);
  return tensorOf(to, x.dims, out);
}

/** The list that is given, with its type; one of several. */
function listOf(
  lists: readonly (readonly [ElementType, readonly Element[] | undefined])[],
  what: string,
): readonly [ElementType, readonly Element[]] {
  const given = lists.flatMap(([type, list]) => (list ? [[type, list] as const] : []));
  const [first] = given;
  if (!first || given.length > 1) throw new Refusal(`it has ${given.length} lists of ${what} instead of one`);
  return first;
}
const tensorList = (x: Tensor | undefined): readonly [ElementType, readonly Element[] | undefined] =>
  x ? [x.type, Array.from<Element, Element>(x.data, (value) => value)] : ['float32', undefined];

const DEFAULTS = { default_float: float(-0), default_int64: bigint(-1n), default_string: string('_Unused') };
const LISTS = {
  ...{ keys_floats: floatList(), keys_int64s: bigints(), keys_strings: strings() },
  ...{ values_floats: floatList(), values_int64s: bigints(), values_strings: strings() },
};
interface EncoderAttributes {
  readonly default_float: number;
  readonly default_int64: bigint;
  readonly default_string: string;
  readonly default_tensor?: Tensor | undefined;
  readonly keys_floats: readonly number[] | undefined;
  readonly keys_int64s: readonly bigint[] | undefined;
  readonly keys_strings: readonly string[] | undefined;
  readonly keys_tensor?: Tensor | undefined;
  readonly values_floats: readonly number[] | undefined;
  readonly values_int64s: readonly bigint[] | undefined;
  readonly values_strings: readonly string[] | undefined;
  readonly values_tensor?: Tensor | undefined;
}
function encodingOf(given: EncoderAttributes): Encoding {
  const [from, keys] = listOf(
    [
      ['float32', given.keys_floats],
      ['int64', given.keys_int64s],
      ['string', given.keys_strings],
      tensorList(given.keys_tensor),
    ],
    'keys',
  );
  const [to, values] = listOf(
    [
      ['float32', given.values_floats],
      ['int64', given.values_int64s],
      ['string', given.values_strings],
      tensorList(given.values_tensor),
    ],
    'values',
  );
  if (keys.length !== values.length)
    throw new Refusal(`it has ${keys.length} keys and ${values.length} values`);
  const [own] = given.default_tensor?.data ?? [];
  if (given.default_tensor && given.default_tensor.type !== to)
    throw new Refusal(`its default_tensor is ${given.default_tensor.type}, and its values are ${to}`);
  const usual =
    to === 'string'
      ? given.default_string
      : to === 'int64'
        ? given.default_int64
        : to === 'float32'
          ? given.default_float
          : to === 'float64'
            ? -0
            : -1;
  return { keys: dictionary(keys, values), from, to, otherwise: own ?? usual };
}
/** An input of another type than the keys. */
const otherThanKeys = (given: EncoderAttributes, _: number, { types: [type] }: Given): string | undefined => {
  const keys =
    given.keys_tensor?.type ??
    (given.keys_strings ? 'string' : given.keys_int64s ? 'int64' : given.keys_floats ? 'float32' : undefined);
  return type && keys && type !== keys ? `its input is ${type}, and its keys are ${keys}` : undefined;
};
const typeOfValues = (given: EncoderAttributes): { Y: ValueType | undefined } => ({
  Y:
    given.values_tensor?.type ??
    (given.values_strings
      ? 'string'
      : given.values_int64s
        ? 'int64'
        : given.values_floats
          ? 'float32'
          : undefined),
});

/** A text becomes its place among the classes, a place the text. */
export const LabelEncoder: Versions = {
  1: op(
    'T:string|int64 -> U',
    { classes_strings: strings([]), default_int64: bigint(-1n), default_string: string('_Unused') },
    ([x], { classes_strings: classes, default_int64: number, default_string: text }) => {
      if (x.type === 'string') {
        const places = dictionary(
          classes,
          classes.map((_, place) => BigInt(place)),
        );
        return tensorOf(
          'int64',
          x.dims,
          Array.from<Element, Element>(x.data, (value) => places.get(value) ?? number),
        );
      }
      return texts(
        x.dims,
        Array.from<Element, string>(x.data, (value) => classes[Number(value)] ?? text),
      );
    },
    {
      types: (_, [input]) => ({
        U: input === undefined ? undefined : input === 'string' ? 'int64' : 'string',
      }),
    },
  ),
  2: prepared('T:string|int64|float32 -> Y', { ...DEFAULTS, ...LISTS }, encodingOf, encode, {
    types: typeOfValues,
    refuse: otherThanKeys,
  }),
  4: prepared(
    'T:string|int64|float32|int32|int16|float64 -> Y',
    { ...DEFAULTS, ...LISTS, default_tensor: tensor(), keys_tensor: tensor(), values_tensor: tensor() },
    encodingOf,
    encode,
    { types: typeOfValues, refuse: otherThanKeys },
  ),
};

/** Texts become the integers of their categories, and integers the texts. */
export const CategoryMapper: Versions = {
  1: op(
    'T:string|int64 -> U',
    {
      cats_int64s: bigints(),
      cats_strings: strings(),
      default_int64: bigint(-1n),
      default_string: string('_Unused'),
    },
    (
      [x],
      { cats_int64s: numbers = [], cats_strings: names = [], default_int64: number, default_string: text },
    ) => {
      if (x.type === 'string') {
        const places = dictionary(names, numbers);
        return tensorOf(
          'int64',
          x.dims,
          Array.from<Element, Element>(x.data, (value) => places.get(value) ?? number),
        );
      }
      const places = dictionary(numbers, names);
      return texts(
        x.dims,
        Array.from<Element, string>(x.data, (value) => places.get(value) ?? text),
      );
    },
    {
      types: (_, [input]) => ({
        U: input === undefined ? undefined : input === 'string' ? 'int64' : 'string',
      }),
      refuse: ({ cats_int64s: numbers, cats_strings: names }) =>
        (numbers?.length ?? 0) === (names?.length ?? 0)
          ? undefined
          : `it has ${numbers?.length ?? 0} integers for ${names?.length ?? 0} texts`,
    },
  ),
};

/** One column per category; a value that is none of them gives zeros, or is refused when `zeros` is 0. */
export const OneHotEncoder: Versions = {
  1: prepared(
    'T:string|int64|int32|float32|float64 -> float32',
    { cats_int64s: bigints(), cats_strings: strings(), zeros: flag(true) },
    (given) => {
      const [type, categories] = listOf(
        [
          ['int64', given.cats_int64s],
          ['string', given.cats_strings],
        ],
        'categories',
      );
      const keys: readonly Element[] = type === 'int64' ? categories.map(Number) : categories;
      return {
        isText: type === 'string',
        places: dictionary(
          keys,
          keys.map((_, place) => place),
        ),
        width: keys.length,
        zeros: given.zeros,
      };
    },
    ([x], { isText, places, width, zeros }, call) => {
      if ((x.type === 'string') !== isText)
        throw call.fail(`its input is ${x.type}, and its categories are ${isText ? 'texts' : 'integers'}`);
      const out = new Float32Array(x.data.length * width);
      for (let i = 0; i < x.data.length; i++) {
        const value = x.data[i] ?? '';
        // Categories are integers: a number between two of them is none.
        const place = places.get(typeof value === 'string' ? value : Number(value));
        if (place !== undefined) out[i * width + place] = 1;
        else if (!zeros) throw call.fail(`"${value}" is none of its categories`);
      }
      return floats([...x.dims, width], out);
    },
    {
      refuse: ({ cats_strings: names }, _, { types: [type] }) =>
        type && (type === 'string') !== (names !== undefined)
          ? `its input is ${type}, and its categories are ${names ? 'texts' : 'integers'}`
          : undefined,
    },
  ),
};

/** The values of a table in the order of a vocabulary. */
export const DictVectorizer: Versions = {
  1: op(
    'V -> U',
    { int64_vocabulary: bigints(), string_vocabulary: strings() },
    ([value], { int64_vocabulary: numbers, string_vocabulary: names }, call) => {
      if (value.kind !== 'map') throw call.fail('its input is no table');
      const type = valueTypeOf(value.type) ?? 'float32';
      const keys: readonly Element[] = names ?? numbers ?? [];
      const otherwise: Element = type === 'string' ? '' : type === 'int64' ? 0n : 0;
      return tensorOf(
        type,
        [1, keys.length],
        keys.map((key) => (typeof key === 'number' ? otherwise : (value.entries.get(key) ?? otherwise))),
      );
    },
    {
      types: (_, [input]) => ({ U: input && valueTypeOf(input) }),
      refuse: (given) =>
        (given.int64_vocabulary === undefined) === (given.string_vocabulary === undefined)
          ? 'it has no vocabulary, or two'
          : undefined,
    },
  ),
};
const valueTypeOf = (type: ValueType): ElementType | undefined =>
  /^map<\w+,(\w+)>$/.exec(type)?.[1] as ElementType | undefined;

const CASTS = { TO_FLOAT: 'float32', TO_STRING: 'string', TO_INT64: 'int64' } as const;

/** The values of a table by rising keys, or each at the place that its key says. */
export const CastMap: Versions = {
  1: op(
    'V -> U',
    {
      cast_to: choice('TO_FLOAT', 'TO_STRING', 'TO_INT64'),
      map_form: choice('DENSE', 'SPARSE'),
      max_map: int(1),
    },
    ([value], { cast_to: cast, map_form: form, max_map: length }, call) => {
      if (value.kind !== 'map') throw call.fail('its input is no table');
      const type = CASTS[cast];
      const entries = [...value.entries]
        .map(([key, one]) => [Number(key), one] as const)
        .sort(([a], [b]) => a - b);
      const convert = (one: Element): Element => {
        if (type === 'string') return String(one);
        const number = Number(one);
        if (Number.isNaN(number) && typeof one === 'string') throw call.fail(`"${one}" is no number`);
        return type === 'int64' ? BigInt(Math.trunc(number)) : number;
      };
      if (form === 'DENSE')
        return tensorOf(
          type,
          [1, entries.length],
          entries.map(([, one]) => convert(one)),
        );
      const out = new Array<Element>(Math.max(0, length)).fill(
        type === 'string' ? '' : type === 'int64' ? 0n : 0,
      );
      for (const [key, one] of entries) {
        if (!(key >= 0 && key < length)) throw call.fail(`the key ${key} is outside 0 to ${length - 1}`);
        out[key] = convert(one);
      }
      return tensorOf(type, [1, out.length], out);
    },
    {
      types: ({ cast_to: cast }) => ({ U: CASTS[cast] }),
      refuse: ({ map_form: form, max_map: length }) =>
        form === 'SPARSE' && !(length >= 1 && length <= 1e6) ? `its max_map is ${length}` : undefined,
    },
  ),
};

/** Each row as a table from the label of a class to its number. */
export const ZipMap: Versions = {
  1: prepared(
    'float32 -> S',
    { classlabels_int64s: bigints(), classlabels_strings: strings() },
    (given) => ({ labels: labelsOf(given.classlabels_strings, given.classlabels_int64s) }),
    ([x], { labels }, call) => {
      const [rows, columns] = x.dims.length === 1 ? [1, x.data.length] : [x.dims[0] ?? 0, x.dims[1] ?? 0];
      if (x.dims.length > 2 || columns !== labels.length)
        throw call.fail(`[${x.dims}] are no rows of ${labels.length} classes`);
      const values = doublesOf(x);
      const type: ValueType = `map<${typeof labels[0] === 'string' ? 'string' : 'int64'},float32>`;
      const items = Array.from(
        { length: rows },
        (_, row): Table => ({
          kind: 'map',
          type,
          entries: new Map(labels.map((label, i) => [label, values[row * columns + i] ?? 0])),
        }),
      );
      return { kind: 'sequence', type: `sequence<${type}>`, items } satisfies Sequence;
    },
    {
      types: (given) => ({
        S: `sequence<map<${given.classlabels_strings && given.classlabels_strings.length > 0 ? 'string' : 'int64'},float32>>`,
      }),
    },
  ),
};

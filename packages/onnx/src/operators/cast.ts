import {
  type ElementType,
  elementBytes,
  floatFormat,
  integerRange,
  isElementType,
} from '../format/element-types.ts';
import { encodeFloat, encodeScale, roundTo } from '../format/float-formats.ts';
import type { TypedArray } from '../format/model.ts';
import { fromRaw } from '../format/read-tensor.ts';
import { floatLike } from '../tensor/elementwise.ts';
import { fit, isBig, isText, make, newData, type Tensor, texts } from '../tensor/tensor.ts';
import { choice, elementType, flag, required, string } from './attributes.ts';
import { op, type Versions } from './definition.ts';

interface CastOptions {
  readonly saturate: boolean;
  readonly round_mode?: 'up' | 'down' | 'nearest';
}

/** A number as text: as C++ prints it in the shortest form that reads back. */
function textOfNumber(value: number, type: ElementType): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return 'INF';
  if (value === Number.NEGATIVE_INFINITY) return '-INF';
  if (type === 'float64' || !floatLike(type)) return String(value);
  // The fewest digits that give the same float32.
  for (let digits = 1; digits <= 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(value);
}

function numberOfText(text: string, fail: (reason: string) => Error): number {
  const word = text.trim();
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(word);
  if (special) {
    if (/nan/i.test(word)) return Number.NaN;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word)) return Number(word);
  throw fail(`"${text.slice(0, 40)}" is no number`);
}

/** A scale of eight bits is a power of two. */
function toScale(value: number, { saturate, round_mode: mode = 'up' }: CastOptions): number {
  if (Number.isNaN(value)) return value;
  const [least, most] = [2 ** -127, 2 ** 127];
  if (Math.abs(value) > most) return saturate ? most : Number.NaN;
  if (value < least) return saturate ? least : value === least ? value : Number.NaN;
  const below = 2 ** Math.floor(Math.log2(value));
  if (value === below) return value;
  const isUp = mode === 'up' || (mode === 'nearest' && value >= below * 1.5);
  return isUp ? below * 2 : below;
}

/** The same values in another element type, by the rules of the specification's Cast. */
export function castTo(
  x: Tensor,
  to: ElementType,
  options: CastOptions,
  fail: (reason: string) => Error,
): Tensor {
  if (x.type === to) return x;
  const { data } = x;
  if (to === 'string') {
    return texts(
      x.dims,
      Array.from<string | number | bigint, string>(data, (value) =>
        typeof value === 'number' ? textOfNumber(value, x.type) : String(value),
      ),
    );
  }
  const out = newData(to, data.length) as TypedArray;
  const range = integerRange(to);
  if (isText(data)) {
    for (let i = 0; i < data.length; i++) {
      const text = data[i] ?? '';
      if (isBig(out))
        out[i] = /^[+-]?\d+$/.test(text.trim())
          ? BigInt(text.trim())
          : BigInt(Math.trunc(numberOfText(text, fail)));
      else out[i] = numberOfText(text, fail);
    }
  } else if (isBig(out)) {
    for (let i = 0; i < data.length; i++) {
      const value = data[i] ?? 0;
      out[i] = typeof value === 'bigint' ? value : Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
    }
  } else if (to === 'bool') {
    for (let i = 0; i < data.length; i++) out[i] = Number(data[i]) === 0 ? 0 : 1;
    return make(to, x.dims, out);
  } else if (isBig(data)) {
    // The low bits of an integer are what is left of it.
    for (let i = 0; i < data.length; i++)
      out[i] = range ? Number(BigInt.asIntN(32, data[i] ?? 0n)) : Number(data[i]);
  } else if (to === 'float8e8m0') {
    for (let i = 0; i < data.length; i++) out[i] = toScale(data[i] ?? 0, options);
    return make(to, x.dims, out);
  } else {
    const format = floatFormat(to);
    if (format && to.startsWith('float8')) {
      for (let i = 0; i < data.length; i++) out[i] = roundTo(format, data[i] ?? 0, options.saturate);
      return make(to, x.dims, out);
    }
    for (let i = 0; i < data.length; i++) out[i] = data[i] ?? 0;
  }
  if (!isBig(out)) fit(to, out);
  return make(to, x.dims, out);
}

/** DataType's names, which operator set 1 writes as text. */
const named = (): ReturnType<typeof elementType> => {
  const own = string();
  const words: Readonly<Record<string, ElementType>> = { FLOAT: 'float32', DOUBLE: 'float64' };
  return {
    kinds: own.kinds,
    read(attribute) {
      const word = own.read(attribute);
      if (word === undefined) return undefined;
      const type = words[word] ?? word.toLowerCase();
      return Object.hasOwn(words, word) || isKnown(type) ? (type as ElementType) : undefined;
    },
  };
};
const isKnown = (type: string): boolean => /^(u?int(8|16|32|64)|float16|bfloat16|bool|string)$/.test(type);

const plain = { saturate: true };
const to = required(elementType());
const U = ({ to: type }: { to: ElementType }) => ({ U: type });
export const Cast: Versions = {
  1: op('_ -> U', { to: required(named()) }, ([x], { to: type }, call) => castTo(x, type, plain, call.fail), {
    types: U,
  }),
  6: op('_ -> U', { to }, ([x], { to: type }, call) => castTo(x, type, plain, call.fail), { types: U }),
  19: op(
    '_ -> U',
    { to, saturate: flag(true) },
    ([x], { to: type, saturate }, call) => castTo(x, type, { saturate }, call.fail),
    { types: U },
  ),
  24: op(
    '_ -> U',
    { to, saturate: flag(true), round_mode: choice('up', 'down', 'nearest') },
    ([x], { to: type, ...options }, call) => castTo(x, type, options, call.fail),
    { types: U },
  ),
};

export const CastLike: Versions = {
  15: op('_ U:any -> U', {}, ([x, like], _, call) => castTo(x, like.type, plain, call.fail)),
  19: op('_ U:any -> U', { saturate: flag(true) }, ([x, like], options, call) =>
    castTo(x, like.type, options, call.fail),
  ),
  24: op(
    '_ U:any -> U',
    { saturate: flag(true), round_mode: choice('up', 'down', 'nearest') },
    ([x, like], options, call) => castTo(x, like.type, options, call.fail),
  ),
};

/** The bytes of a tensor as a file holds them; elements of less than a byte have one each. */
function bytesOf(x: Tensor): Uint8Array {
  const { data, type } = x;
  if (isText(data)) throw new TypeError('texts have no bits');
  const format = floatFormat(type);
  if (!format && type !== 'float8e8m0') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const code = (value: number): number => (format ? encodeFloat(format, value) : encodeScale(value));
  const codes = Array.from<number | bigint, number>(data, (value) => code(Number(value)));
  return elementBytes(type) === 2 ? new Uint8Array(Uint16Array.from(codes).buffer) : Uint8Array.from(codes);
}

export const BitCast: Versions = {
  26: op(
    '_ -> U',
    { to },
    ([x], { to: type }, call) => {
      if (x.type === 'string' || type === 'string') throw call.fail('texts have no bits');
      if (elementBytes(x.type) !== elementBytes(type))
        throw call.fail(`${x.type} and ${type} differ in their number of bits`);
      if (elementBytes(type) >= 1) return make(type, x.dims, fromRaw(type, bytesOf(x), x.data.length));
      // Elements of less than a byte are packed as in a file, and read again.
      const bits = elementBytes(type) * 8;
      const packed = new Uint8Array(Math.ceil((x.data.length * bits) / 8));
      const codes = bytesOf(x);
      for (let i = 0; i < codes.length; i++) {
        const at = Math.floor((i * bits) / 8);
        packed[at] = (packed[at] ?? 0) | (((codes[i] ?? 0) & (2 ** bits - 1)) << ((i * bits) % 8));
      }
      return make(type, x.dims, fromRaw(type, packed, x.data.length));
    },
    {
      types: U,
      refuse: ({ to: type }, _, { types: [from] }) => {
        if (type === 'string' || from === 'string') return 'texts have no bits';
        return from && isElementType(from) && elementBytes(from) !== elementBytes(type)
          ? `${from} and ${type} differ in their number of bits`
          : undefined;
      },
    },
  ),
};

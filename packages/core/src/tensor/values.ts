import { CoreError } from '../core-error.ts';
import { allocate, type DType, type HalfArray, isInt32, type TypedArrayOf } from '../graph/dtype.ts';
import { shapeText } from '../graph/shape.ts';

/** Numbers in memory, of any kind that JavaScript has. */
export type NumberArray =
  | Float64Array
  | Float32Array
  | HalfArray
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | BigInt64Array
  | BigUint64Array;

/** Numbers, booleans or bigints, or arrays of them, nested in lists to any depth. */
export type TensorValues = number | boolean | bigint | NumberArray | readonly TensorValues[];

/** What values are by themselves: floats, whole numbers, booleans, and bytes, which may be either of the last. */
type Kind = 'float' | 'half' | 'whole' | 'boolean' | 'byte';

/** What the arrays hold, by the name that `Object.prototype.toString` has for them, in whatever realm they were made. */
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['Float64Array', 'float'],
  ['Float32Array', 'float'],
  ['Float16Array', 'half'],
  ['Int32Array', 'whole'],
  ['Uint32Array', 'whole'],
  ['Int16Array', 'whole'],
  ['Uint16Array', 'whole'],
  ['Int8Array', 'whole'],
  ['Uint8ClampedArray', 'whole'],
  ['BigInt64Array', 'whole'],
  ['BigUint64Array', 'whole'],
  ['Uint8Array', 'byte'],
]);

const DTYPES: Readonly<Record<Kind, DType>> = {
  float: 'float32',
  half: 'float16',
  whole: 'int32',
  boolean: 'bool',
  byte: 'bool',
};

/** Lists are nested as deep as tensors have axes; a list that holds itself would never end. */
const DEEPEST = 64;

/** Values in row-major order, and what they are. */
export interface FlatValues {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly values: ArrayLike<number | bigint | boolean>;
}

/**
 * The elements, shape and own type of what a tensor is made from.
 *
 * @throws TRS_CORE_VALUE for what is none of `TensorValues`, TRS_CORE_RAGGED
 */
export function flatValues(given: unknown): FlatValues {
  const array = arrayOf(given);
  if (array) return { shape: [array.values.length], dtype: DTYPES[array.kind], values: array.values };
  const shape: number[] = [];
  const values: (number | bigint | boolean)[] = [];
  const kinds = new Set<Kind>();
  const path: number[] = [];
  /** Whether lists of this depth have been seen to their end, so that the shape is known below. */
  let depth: number | undefined;
  const checkLength = (length: number): void => {
    const at = path.length;
    if (at === shape.length && depth === undefined) shape.push(length);
    else if (shape[at] !== length) throw ragged(path, length, shape[at]);
  };
  const visit = (value: unknown): void => {
    const inside = arrayOf(value);
    const isList = Array.isArray(value);
    if (isList || inside) {
      if (path.length >= DEEPEST) throw wrongValue(path, `nested deeper than ${DEEPEST} lists`);
      checkLength(isList ? value.length : (inside?.values.length ?? 0));
    }
    if (inside) {
      kinds.add(inside.kind);
      if (depth !== undefined && depth !== path.length + 1) throw ragged(path, 0, undefined);
      depth = path.length + 1;
      for (let i = 0; i < inside.values.length; i++) values.push(inside.values[i] ?? Number.NaN);
      return;
    }
    if (isList) {
      // Not by an iterator: it would not see that an element is left out.
      for (let i = 0; i < value.length; i++) {
        const element: unknown = value[i];
        // Nearly all elements of nearly all lists.
        if (typeof element === 'number' && depth === path.length + 1 && kinds.has('float')) {
          values.push(element);
          continue;
        }
        path.push(i);
        visit(element);
        path.pop();
      }
      return;
    }
    const kind = kindOf(value);
    if (!kind || !isScalar(value)) throw wrongValue(path, nameOf(value));
    if (depth !== undefined && depth !== path.length) throw ragged(path, 0, shape[path.length]);
    depth = path.length;
    kinds.add(kind);
    values.push(value);
  };
  visit(given);
  return { shape, dtype: DTYPES[oneKind(kinds)], values };
}

const isScalar = (value: unknown): value is number | bigint | boolean => kindOf(value) !== undefined;

function kindOf(value: unknown): Kind | undefined {
  switch (typeof value) {
    case 'number':
      return 'float';
    case 'boolean':
      return 'boolean';
    case 'bigint':
      return 'whole';
    default:
      return undefined;
  }
}

function arrayOf(
  value: unknown,
): { readonly kind: Kind; readonly values: ArrayLike<number | bigint> } | undefined {
  if (!ArrayBuffer.isView(value)) return undefined;
  const kind = KINDS.get(String(Reflect.get(value, Symbol.toStringTag)));
  // A view with such a name has elements by their numbers.
  return kind && { kind, values: value as unknown as ArrayLike<number | bigint> };
}

/** @throws TRS_CORE_VALUE when numbers, booleans and bigints are mixed: what they are together is not for us to guess */
function oneKind(kinds: ReadonlySet<Kind>): Kind {
  const [first = 'float', ...others] = kinds;
  if (others.length === 0) return first;
  if ([...kinds].every((kind) => kind === 'float' || kind === 'half')) return 'float';
  throw new CoreError(
    'VALUE',
    'tensor: the values are of several kinds: numbers, whole numbers, booleans.',
    'A tensor has elements of one type: make all of them numbers first, or all of them booleans or bigints.',
  );
}

const placeText = (path: readonly number[]): string =>
  path.length === 0 ? 'the value' : `element ${shapeText(path)}`;

const wrongValue = (path: readonly number[], what: string): CoreError =>
  new CoreError(
    'VALUE',
    `tensor: ${placeText(path)} is ${what}.`,
    'A tensor is made of numbers, booleans or bigints, nested in lists to any depth, or of a typed array. What is missing is NaN.',
  );

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') {
    const text = value.length > 20 ? `${value.slice(0, 20)}…` : value;
    return `the text ${JSON.stringify(text)}`;
  }
  if (typeof value !== 'object') return `a ${typeof value}`;
  if ('node' in value && 'dtype' in value) return 'a tensor, and tensors are joined with stack() or concat()';
  return `an object ${String(Reflect.get(value, 'constructor')?.name ?? 'Object')}`;
}

const ragged = (path: readonly number[], length: number, before: number | undefined): CoreError =>
  new CoreError(
    'RAGGED',
    before === undefined
      ? `tensor: ${placeText(path)} is not nested as deep as others.`
      : `tensor: nested lists differ in length: ${placeText(path)} has ${length} where others have ${before}.`,
    'Every list of one level must be as long as the others.',
  );

/**
 * Values as a device takes them. To float32 they are rounded, as NumPy rounds them; to bool whether they are not zero.
 *
 * @throws TRS_CORE_VALUE for what int32 does not have, and for bytes that are no booleans while nothing says what they are
 */
export function converted({ values, shape }: FlatValues, dtype: DType, isAsked: boolean): TypedArrayOf {
  if (dtype === 'float32' && values instanceof Float32Array) return values;
  if (dtype === 'int32' && values instanceof Int32Array) return values;
  const into = allocate(dtype, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (dtype === 'bool') {
      if (!isAsked && Number(value) > 1) throw notBoolean(shape, i, Number(value));
      into[i] = Number(value) === 0 ? 0 : 1;
      continue;
    }
    const number = Number(value);
    if (dtype === 'int32' && !isInt32(number)) throw notWhole(shape, i, value);
    into[i] = number;
  }
  return into;
}

/** The indices of an element. */
function pathOf(shape: readonly number[], place: number): number[] {
  let rest = place;
  return shape
    .toReversed()
    .map((length) => {
      const index = rest % length;
      rest = Math.floor(rest / length);
      return index;
    })
    .toReversed();
}

const notWhole = (shape: readonly number[], place: number, value: unknown): CoreError =>
  new CoreError(
    'VALUE',
    `tensor: ${placeText(pathOf(shape, place))} is ${String(value)}, which int32 does not have.`,
    'int32 has the whole numbers from -2147483648 to 2147483647. Ask for { dtype: "float32" }; cast("int32") then rounds towards zero, and saturates.',
  );

const notBoolean = (shape: readonly number[], place: number, value: number): CoreError =>
  new CoreError(
    'VALUE',
    `tensor: ${placeText(pathOf(shape, place))} of a Uint8Array is ${value}, and bytes are taken for booleans, 0 and 1.`,
    'Say what they are: { dtype: "int32" } or { dtype: "float32" } for numbers, { dtype: "bool" } for whether they are not zero.',
  );

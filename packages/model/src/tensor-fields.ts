import { integerRange, isElementType, type TensorData, type ValueInfo } from '@trestle/onnx';
import type { Feature } from './metadata.ts';
import { invalid } from './model-error.ts';

/** Lists in lists. */
const MOST_AXES = 8;

/**
 * A tensor feature of rows as an input of the graph: behind an axis of rows, or the whole input where it has none and there is one row.
 *
 * @throws TRS_MODEL_ROW_INVALID naming the row and the field
 */
export function tensorFeed(
  feature: Feature,
  rows: readonly Readonly<Record<string, unknown>>[],
  input: ValueInfo | undefined,
): Omit<TensorData, 'name'> {
  const { type = 'float32', dims = [] } = feature.tensor ?? {};
  const elements: unknown[] = [];
  let shape: readonly number[] | undefined;
  for (const [row, fields] of rows.entries()) {
    const fail = (reason: string) => invalid(row, feature.name, reason);
    const value = Object.hasOwn(fields, feature.name) ? fields[feature.name] : undefined;
    if (!Array.isArray(value)) throw fail(`it must be a list of ${type} [${dims.join(', ')}]`);
    const before = elements.length;
    const found = flatten(value, elements, fail);
    const own = shapeOf(found, elements.length - before, dims);
    if (!own) throw fail(`it is [${found.join(', ')}], and the model takes [${dims.join(', ')}]`);
    if (shape && own.some((length, axis) => length !== shape?.[axis]))
      throw fail(
        `it is [${own.join(', ')}], and the rows before it are [${shape.join(', ')}]; all must be alike`,
      );
    shape = own;
  }
  const isWhole = input?.dims.length === dims.length;
  return {
    ...typedOf(type, elements, feature, rows.length),
    dims: isWhole ? (shape ?? []) : [rows.length, ...(shape ?? [])],
  };
}

/** Puts what lists hold behind `into`. @returns the lengths of the lists */
function flatten(
  value: readonly unknown[],
  into: unknown[],
  fail: (reason: string) => Error,
  depth = 1,
): readonly number[] {
  if (depth > MOST_AXES) throw fail(`its lists lie more than ${MOST_AXES} deep in each other`);
  let inner: readonly number[] | undefined;
  for (const one of value) {
    const own = Array.isArray(one) ? flatten(one, into, fail, depth + 1) : [];
    if (inner && (own.length !== inner.length || own.some((length, axis) => length !== inner?.[axis])))
      throw fail('its lists are not of one length');
    inner = own;
    if (!Array.isArray(one)) into.push(one);
  }
  return [value.length, ...(inner ?? [])];
}

/** Lists as declared, or any that hold as many elements where the declaration leaves no length open. */
function shapeOf(
  found: readonly number[],
  count: number,
  declared: readonly (number | string)[],
): readonly number[] | undefined {
  const isFitting =
    found.length === declared.length &&
    declared.every((length, axis) => typeof length === 'string' || length === found[axis]);
  if (isFitting) return found;
  const lengths = declared.filter((length) => typeof length === 'number');
  if (lengths.length < declared.length) return undefined;
  return lengths.reduce((product, length) => product * length, 1) === count ? lengths : undefined;
}

function typedOf(
  type: string,
  elements: readonly unknown[],
  { name, nullable }: Feature,
  rows: number,
): Pick<TensorData, 'type' | 'data'> {
  const width = elements.length / Math.max(1, rows);
  const fail = (at: number, wanted: string) =>
    invalid(
      Math.floor(at / width),
      name,
      `element ${at % width} is ${JSON.stringify(elements[at])}, and not ${wanted}`,
    );
  if (!isElementType(type)) throw invalid(0, name, `the model takes ${type}, which no list is`);
  if (type === 'string')
    return {
      type,
      data: elements.map((one, at) => {
        if (typeof one === 'string') return one;
        throw fail(at, 'a text');
      }),
    };
  const range = integerRange(type);
  const numbers = elements.map((one, at) => {
    if (one === null && nullable) return Number.NaN;
    if (type === 'bool' && typeof one === 'boolean') return Number(one);
    if (typeof one !== 'number' || !Number.isFinite(type === 'float64' ? one : Math.fround(one)))
      throw fail(at, 'a number that the model can take');
    if (range && !(Number.isSafeInteger(one) && BigInt(one) >= range[0] && BigInt(one) <= range[1]))
      throw fail(at, `a whole number (${type})`);
    return one;
  });
  if (range) return { type, data: numbers };
  return { type, data: type === 'float64' ? Float64Array.from(numbers) : Float32Array.from(numbers) };
}

import { CoreError } from '../core-error.ts';
import type { Node } from '../graph/node.ts';
import { contiguousStrides, lengthOf, normalizeAxis, type Shape, shapeText, sizeOf } from '../graph/shape.ts';
import { invariant } from '../invariant.ts';
import { add, binary, cast, counted, equal, greater, less, mul, where } from './elementwise.ts';
import { gather, scatterAdd } from './indexing.ts';
import { constant, counting } from './make.ts';
import { concat, expand, reshape, slice } from './movement.ts';
import { argsort } from './order.ts';

/** What happens where an update meets what is there, or another update. */
export type Reduction = 'replace' | 'add' | 'mul' | 'max' | 'min';

const COMBINE = { mul: 'mul', max: 'maximum', min: 'minimum' } as const;

/** Elements put at places of their own along an axis; see `scatter` of the public functions. */
export function scatter(x: Node, indices: Node, updates: Node, axis: number, reduction: Reduction): Node {
  const normal = normalizeAxis(axis, x.shape, 'scatter');
  const fits =
    indices.shape.length === x.shape.length &&
    indices.shape.every((length, at) => at === normal || length <= lengthOf(x.shape, at)) &&
    shapeText(indices.shape) === shapeText(updates.shape);
  if (indices.dtype !== 'int32' || !fits) throw wrongIndices('scatter', x, [indices], updates.shape);
  const strides = contiguousStrides(x.shape);
  const stride = (at: number): number => invariant(strides[at], 'the stride of an axis');
  const place = [...indices.shape.entries()].reduce(
    (sum, [at, length]) =>
      at === normal ? sum : add(sum, mul(counting(length, at, x.shape.length, x.device), stride(at))),
    mul(whole(indices, lengthOf(x.shape, normal)), stride(normal)),
  );
  const inside = where(isInside(indices, lengthOf(x.shape, normal)), place, -1);
  const size = sizeOf(x.shape);
  const rows = reshape(updates, [sizeOf(updates.shape), 1]);
  const flat = scatterRows(
    reshape(x, [size, 1]),
    reshape(expand(inside, indices.shape), [sizeOf(indices.shape)]),
    rows,
    reduction,
  );
  return reshape(flat, x.shape);
}

/** The slices of the leading axes at the places that one list of indices for each of them names. */
export function takeAt(x: Node, indices: readonly Node[]): Node {
  const { places, shape, rest } = placesOf('takeAt', x, indices);
  const table = reshape(x, [sizeOf(x.shape) / Math.max(1, sizeOf(rest)), ...rest]);
  return reshape(gather(table, places, 0), [...shape, ...rest]);
}

/** Slices put at the places that one list of indices for each leading axis names. */
export function putAt(x: Node, indices: readonly Node[], updates: Node, reduction: Reduction): Node {
  const { places, shape, rest } = placesOf('putAt', x, indices);
  const inner = sizeOf(rest);
  const rows = reshape(expand(updates, [...shape, ...rest]), [sizeOf(shape), inner]);
  const table = reshape(x, [sizeOf(x.shape) / Math.max(1, inner), inner]);
  return reshape(scatterRows(table, places, rows, reduction), x.shape);
}

/** Indices from the end are negative. */
const whole = (indices: Node, length: number): Node => where(less(indices, 0), add(indices, length), indices);
const isInside = (indices: Node, length: number): Node =>
  mul(greater(indices, -length - 1), less(indices, length));

/** Where the slices of the leading axes lie in a table of them; -1 where an index is out of range. */
function placesOf(
  operation: string,
  x: Node,
  indices: readonly Node[],
): { readonly places: Node; readonly shape: Shape; readonly rest: Shape } {
  const [first] = indices;
  const fits = first && indices.length <= x.shape.length && indices.every(({ dtype }) => dtype === 'int32');
  if (!fits) throw wrongIndices(operation, x, indices);
  const rest = x.shape.slice(indices.length);
  const strides = contiguousStrides(x.shape.slice(0, indices.length));
  const terms = indices.map((one, axis) =>
    mul(whole(one, lengthOf(x.shape, axis)), invariant(strides[axis], 'the stride of an axis')),
  );
  const place = terms.reduce((sum, term) => binary('add', sum, term, operation));
  const inside = indices
    .map((one, axis) => isInside(one, lengthOf(x.shape, axis)))
    .reduce((all, one) => mul(all, one));
  const flat = where(inside, place, -1);
  return { places: reshape(flat, [sizeOf(flat.shape)]), shape: flat.shape, rest };
}

function wrongIndices(operation: string, x: Node, indices: readonly Node[], updates?: Shape): CoreError {
  const texts = indices.map(({ dtype, shape }) => `${dtype}${shapeText(shape)}`).join(', ') || 'none';
  return new CoreError(
    'SCATTER',
    `${operation}: the indices ${texts} do not fit a tensor of shape ${shapeText(x.shape)}${updates ? ` and updates ${shapeText(updates)}` : ''}.`,
    operation === 'scatter'
      ? 'Indices are int32 of the shape of the updates, and no longer than the tensor on other axes.'
      : 'There are as many int32 indices as leading axes are named, at least one, and they stretch to one shape.',
  );
}

/**
 * Rows put into a table: [rows, inner] at [count] places. Equal places are brought together by a stable sort; a segmented scan folds
 * them (Blelloch 1990), and the last of each run, which is the last update too, is what is put.
 */
function scatterRows(table: Node, places: Node, updates: Node, reduction: Reduction): Node {
  const length = lengthOf(table.shape, 0);
  const isFloat = [table, updates].some(({ dtype }) => dtype === 'float32' || dtype === 'float16');
  const dtype = isFloat ? 'float32' : 'int32';
  const [own, rows] = [cast(counted(table), dtype), cast(counted(updates), dtype)];
  if (sizeOf(updates.shape) === 0 || sizeOf(table.shape) === 0) return restored(own, table);
  if (reduction === 'add') return restored(add(own, scatterAdd(rows, places, 0, length)), table);
  const order = argsort(places, 0);
  const sorted = gather(places, order, 0);
  let folded = gather(rows, order, 0);
  const count = lengthOf(places.shape, 0);
  if (reduction !== 'replace') {
    for (let distance = 1; distance < count; distance *= 2) {
      const part = (of: Node, from: number, to: number): Node => slice(of, [[from, to]]);
      const isSame = equal(part(sorted, distance, count), part(sorted, 0, count - distance));
      const later = part(folded, distance, count);
      const combined = binary(COMBINE[reduction], later, part(folded, 0, count - distance));
      const joined = where(reshape(isSame, [count - distance, 1]), combined, later);
      folded = concat([part(folded, 0, distance), joined], 0);
    }
  }
  const next = concat(
    [slice(sorted, [[1, count]]), expand(reshape(constant(-1, 'int32', table.device), [1]), [1])],
    0,
  );
  const last = where(equal(sorted, next), -1, sorted);
  const isHit = greater(
    scatterAdd(expand(reshape(constant(1, 'int32', table.device), [1, 1]), [count, 1]), last, 0, length),
    0,
  );
  const put = scatterAdd(folded, last, 0, length);
  const result = reduction === 'replace' ? put : binary(COMBINE[reduction], own, put);
  return restored(where(isHit, result, own), table);
}

/** As the table was stored; its values were only moved. */
const restored = (result: Node, { dtype }: Node): Node => (dtype === 'bool' ? cast(result, dtype) : result);

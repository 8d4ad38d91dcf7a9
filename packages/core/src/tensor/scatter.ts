import { broadcastShapes, normalizeAxis, sizeOf } from '../graph/shape.ts';
import * as operation from '../operation/scatter.ts';
import { tensor } from './create.ts';
import { checkTensor, Tensor } from './tensor.ts';

export interface ScatterOptions {
  /** What happens where an update meets what is there, or another update: the last one stays when left out. */
  readonly reduction?: operation.Reduction;
}

/**
 * Puts elements at places of their own along an axis: result[.., indices[.., i, ..], ..] = updates[.., i, ..]; with a reduction they
 * are added to (multiplied with, compared with) what is there. Negative indices count from the end; one that is out of range
 * changes nothing. Of several updates of one place the last stays.
 *
 * @param indices int32, of the shape of the updates, no longer than the tensor on other axes
 * @throws TRS_CORE_SCATTER, TRS_CORE_AXIS
 */
export function scatter(
  x: Tensor,
  indices: Tensor,
  updates: Tensor,
  axis = 0,
  { reduction = 'replace' }: ScatterOptions = {},
): Tensor {
  checkTensor(indices, x, 'scatter');
  checkTensor(updates, x, 'scatter');
  return new Tensor(operation.scatter(x.node, indices.node, updates.node, axis, reduction));
}

/**
 * Takes the slices of the leading axes at places: takeAt(x, [i, j])[.., ...] = x[i[..], j[..], ...]. The indices stretch to one shape;
 * negative ones count from the end, and one out of range reads zeros.
 *
 * @throws TRS_CORE_SCATTER, TRS_CORE_SHAPE_MISMATCH
 */
export const takeAt = (x: Tensor, indices: readonly Tensor[]): Tensor =>
  new Tensor(operation.takeAt(x.node, nodesOf(x, indices, 'takeAt')));

/**
 * Puts slices at places of the leading axes: x[i[..], j[..], ...] = updates[.., ...], which stretch to that shape. See `scatter` for
 * what happens where they meet.
 *
 * @throws TRS_CORE_SCATTER, TRS_CORE_SHAPE_MISMATCH
 */
export function putAt(
  x: Tensor,
  indices: readonly Tensor[],
  updates: Tensor,
  { reduction = 'replace' }: ScatterOptions = {},
): Tensor {
  checkTensor(updates, x, 'putAt');
  return new Tensor(operation.putAt(x.node, nodesOf(x, indices, 'putAt'), updates.node, reduction));
}

function nodesOf(x: Tensor, indices: readonly Tensor[], of: string): Tensor['node'][] {
  for (const one of indices) checkTensor(one, x, of);
  return indices.map(({ node }) => node);
}

/**
 * Computes the tensor, and finds the indices of its elements that are not zero, in row-major order: int32 [count, rank]. How many
 * there are is only known then, so it cannot be traced.
 *
 * @throws TRS_CORE_PLACEHOLDER while a function is traced
 */
export async function nonzero(x: Tensor): Promise<Tensor> {
  const places = await placesThatAreSet(x);
  const { rank, shape, device } = x;
  const indices = new Int32Array(places.length * rank);
  for (const [row, place] of places.entries()) {
    let rest = place;
    for (let axis = rank - 1; axis >= 0; axis--) {
      const length = shape[axis] ?? 1;
      indices[row * rank + axis] = rest % length;
      rest = Math.floor(rest / length);
    }
  }
  return tensor(indices, { shape: [places.length, rank], device });
}

/**
 * Takes the elements where a mask is not zero, in row-major order: [count]. Both stretch to one shape. The mask is computed; gradients
 * flow to the elements.
 *
 * @throws TRS_CORE_SHAPE_MISMATCH, TRS_CORE_PLACEHOLDER while a function is traced
 */
export async function maskedSelect(x: Tensor, mask: Tensor): Promise<Tensor> {
  const shape = broadcastShapes(x.shape, mask.shape, 'maskedSelect');
  const places = await placesThatAreSet(mask.expand(shape));
  return x
    .expand(shape)
    .reshape([sizeOf(shape)])
    .gather(tensor(Int32Array.from(places), { device: x.device }));
}

async function placesThatAreSet(x: Tensor): Promise<number[]> {
  const values = await x.data();
  const places: number[] = [];
  for (let place = 0; place < values.length; place++) if (values[place] !== 0) places.push(place);
  return places;
}

/** What `unique` finds. */
export interface Unique {
  /** Each element, or slice, once. */
  readonly values: Tensor;
  /** Where in the values each of the tensor is; int32. */
  readonly inverse: Tensor;
  /** Where in the tensor each of the values stands first; int32. */
  readonly first: Tensor;
  /** How often each of the values occurs; int32. */
  readonly counts: Tensor;
}

export interface UniqueOptions {
  /** Slices of this axis instead of elements. */
  readonly axis?: number;
  /** In ascending order, or in the order of their first occurrence; sorted when left out. */
  readonly isSorted?: boolean;
}

/**
 * Computes the tensor, and finds its different elements, or the different slices of an axis. Each NaN is different from all others,
 * and comes last.
 *
 * @throws TRS_CORE_AXIS, TRS_CORE_PLACEHOLDER while a function is traced
 */
export async function unique(x: Tensor, { axis, isSorted = true }: UniqueOptions = {}): Promise<Unique> {
  if (axis !== undefined) normalizeAxis(axis, x.shape, 'unique');
  const table = axis === undefined ? x.reshape([x.size, 1]) : x.moveAxis(axis, 0);
  const [rows = 0, ...rest] = table.shape;
  const width = sizeOf(rest);
  const values = await table.data();
  const compare = (a: number, b: number): number => {
    for (let at = 0; at < width; at++) {
      const [left = 0, right = 0] = [values[a * width + at], values[b * width + at]];
      if (left < right) return -1;
      if (left > right) return 1;
      if (left !== right) return Number(Number.isNaN(left)) - Number(Number.isNaN(right)) || a - b;
    }
    return 0;
  };
  const order = Array.from({ length: rows }, (_, row) => row).sort((a, b) => compare(a, b) || a - b);
  const groups: number[][] = [];
  for (const row of order) {
    const group = groups.at(-1);
    const [first] = group ?? [];
    if (group && first !== undefined && compare(first, row) === 0) group.push(row);
    else groups.push([row]);
  }
  if (!isSorted) groups.sort(([a = 0], [b = 0]) => a - b);
  const inverse = new Int32Array(rows);
  for (const [at, group] of groups.entries()) for (const row of group) inverse[row] = at;
  const ints = (list: ArrayLike<number>): Tensor => tensor(Int32Array.from(list), { device: x.device });
  const first = ints(groups.map(([row = 0]) => row));
  const found = (axis === undefined ? x.reshape([x.size]) : table).gather(first);
  return {
    values: axis === undefined ? found : found.moveAxis(0, axis),
    inverse: axis === undefined ? ints(inverse).reshape(x.shape) : ints(inverse),
    first,
    counts: ints(groups.map((group) => group.length)),
  };
}

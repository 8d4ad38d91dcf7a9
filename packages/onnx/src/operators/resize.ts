import { type Tensor, tensor } from '@trestle/core';
import type { Call, Operator } from './operator.ts';
import { type Coordinates, resizeBlends } from './resize-weights.ts';
import { numbers } from './value.ts';

const COORDINATES: Readonly<Record<string, Coordinates>> = {
  half_pixel: 'half_pixel',
  pytorch_half_pixel: 'pytorch_half_pixel',
  asymmetric: 'asymmetric',
  align_corners: 'align_corners',
};

const MAX_VALUES = 2 ** 28;

/** Linear interpolation, axis by axis: each is a product with a matrix of which few numbers are not zero. */
export const resize: Operator = async (call) => {
  const x = call.tensor(0).cast('float32');
  const mode = call.text('mode', 'nearest');
  if (mode !== 'linear') throw call.fail(`its mode is ${mode}`);
  const named = call.text('coordinate_transformation_mode', 'half_pixel');
  const coordinates = Object.hasOwn(COORDINATES, named) ? COORDINATES[named] : undefined;
  if (!coordinates) throw call.fail(`its coordinate_transformation_mode is ${named}`);
  if (call.text('keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    throw call.fail('it keeps the aspect ratio');
  if (call.int('exclude_outside', 0) === 1) throw call.fail('it excludes what is outside');
  const antialias = call.int('antialias', 0) === 1;
  let value = x;
  const lengths = await lengthsOf(call, x);
  // What a model declares is checked when it is read; this is only known now.
  if (lengths.reduce((product, length) => product * length, 1) > MAX_VALUES)
    throw call.fail(`it makes [${lengths.join(', ')}], which is too much`);
  for (const [axis, length] of lengths.entries()) {
    if (length !== x.shape[axis]) value = resizeAxis(value, axis, length, { coordinates, antialias });
  }
  return numbers(value);
};

/** What each axis is to be: said as it is, or by a factor, for all axes or for those that are named. */
async function lengthsOf(call: Call, x: Tensor): Promise<readonly number[]> {
  const axes = call.ints('axes').map((axis) => (axis < 0 ? axis + x.rank : axis));
  const sizes = call.inputs[3] ? await call.integers(3) : undefined;
  const scales = call.inputs[2] ? [...(await call.tensor(2).data())] : [];
  const given =
    sizes ??
    scales.map((scale, index) =>
      Math.floor((x.shape[axes.length > 0 ? (axes[index] ?? 0) : index] ?? 0) * scale),
    );
  if (given.length !== (axes.length > 0 ? axes.length : x.rank))
    throw call.fail('it says how large some of its axes become, and others not');
  return x.shape.map((length, axis) => {
    if (axes.length === 0) return given[axis] ?? length;
    const place = axes.indexOf(axis);
    return place === -1 ? length : (given[place] ?? length);
  });
}

function resizeAxis(
  x: Tensor,
  axis: number,
  length: number,
  options: Parameters<typeof resizeBlends>[2],
): Tensor {
  const before = x.shape[axis] ?? 1;
  const matrix = new Float32Array(before * length);
  for (const [to, { start, weights }] of resizeBlends(before, length, options).entries())
    for (const [offset, weight] of weights.entries()) matrix[(start + offset) * length + to] = weight;
  const last = x.rank - 1;
  const swapped = x.shape.map((_, one) => (one === axis ? last : one === last ? axis : one));
  const moved = axis === last ? x : x.transpose(swapped);
  const product = moved.matmul(tensor(matrix, { shape: [before, length] }));
  return axis === last ? product : product.transpose(swapped);
}

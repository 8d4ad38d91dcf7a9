import { CoreError } from '../core-error.ts';
import type { Node } from '../graph/node.ts';
import { lengthOf, type Shape, shapeText, sizeOf } from '../graph/shape.ts';
import { at } from '../invariant.ts';
import { withDerivative } from './derivative.ts';
import { add, cast, mul } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { flip, pad, permute, reshape, slice, windows } from './movement.ts';
import { sum } from './reduce.ts';

/** Zeros around each spatial axis: the same on all sides, before and behind per axis, none, or so many that length / stride positions come out. */
export type Padding = number | 'valid' | 'same' | readonly (readonly [number, number])[];

export interface ConvolutionOptions {
  /** For all spatial axes, or one each; 1 when left out. */
  readonly stride?: number | readonly number[];
  readonly padding?: Padding;
  readonly dilation?: number | readonly number[];
  /** Channels fall into so many groups that do not see each other; as many as channels is a depthwise convolution. */
  readonly groups?: number;
}

/** What a sliding kernel does on each spatial axis. */
export interface Geometry {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
}

/** Convolution (cross-correlation, as everywhere in the field) over so many axes between the first and the last. */
export function convolution(
  operation: string,
  x: Node,
  weight: Node,
  spatial: number,
  options: ConvolutionOptions,
): Node {
  const { groups = 1 } = options;
  const channels = x.shape.at(-1) ?? 0;
  const [perGroup = 0, outputs = 0] = weight.shape.slice(-2);
  const isFitting =
    x.shape.length === spatial + 2 &&
    weight.shape.length === spatial + 2 &&
    Number.isInteger(groups) &&
    groups >= 1 &&
    perGroup * groups === channels &&
    outputs % groups === 0;
  if (!isFitting) {
    throw new CoreError(
      'CONVOLUTION',
      `${operation}: an input ${shapeText(x.shape)} does not fit a weight ${shapeText(weight.shape)} in ${groups} groups.`,
      [
        'They are [n, length, channels] and [size, channels / groups, outputs].',
        'They are [n, height, width, channels] and [height, width, channels / groups, outputs].',
      ][spatial - 1] ?? 'They are [n, ...spatial, channels] and [...sizes, channels / groups, outputs].',
    );
  }
  const sizes = weight.shape.slice(0, spatial);
  const geometry = geometryOf(operation, x.shape.slice(1, -1), sizes, options);
  return correlate(cast(x, 'float32'), cast(weight, 'float32'), geometry, groups);
}

/** A setting of each spatial axis: the same for all of them, or a list of as many. @throws TRS_CORE_CONVOLUTION */
export function forEachAxis(
  operation: string,
  value: number | readonly number[],
  lengths: Shape,
  what: string,
): readonly number[] {
  if (typeof value === 'number') return lengths.map(() => value);
  if (value.length === lengths.length) return value;
  throw wrongCount(operation, what, value.length, lengths);
}

function checkPadding(operation: string, padding: Padding, lengths: Shape): void {
  if (typeof padding !== 'object' || padding.length === lengths.length) return;
  throw wrongCount(operation, 'padding', padding.length, lengths);
}

const wrongCount = (operation: string, what: string, count: number, lengths: Shape): CoreError =>
  new CoreError(
    'CONVOLUTION',
    `${operation}: the ${what} is given for ${count} axes, and there are ${lengths.length}: ${shapeText(lengths)}.`,
    'Give one number for all spatial axes, or a list of one for each.',
  );

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;

/** @throws TRS_CORE_CONVOLUTION when a window is longer than its padded axis, or not given in whole numbers */
export function geometryOf(
  operation: string,
  lengths: Shape,
  sizes: readonly number[],
  { stride = 1, dilation = 1, padding = 0 }: ConvolutionOptions,
): Geometry {
  const each = (value: number | readonly number[], what: string): readonly number[] =>
    forEachAxis(operation, value, lengths, what);
  const [strides, dilations] = [each(stride, 'stride'), each(dilation, 'dilation')];
  if (lengths.length === 0 || ![...sizes, ...strides, ...dilations].every(isCount)) {
    throw new CoreError(
      'CONVOLUTION',
      `${operation}: size ${shapeText(sizes)}, stride ${shapeText(strides)} and dilation ${shapeText(dilations)} do not fit the spatial axes ${shapeText(lengths)}.`,
      'There is at least one spatial axis between the first and the last, and all are whole numbers from 1 on.',
    );
  }
  checkPadding(operation, padding, lengths);
  const sides = lengths.map((length, axis): readonly [number, number] => {
    if (padding === 'valid') return [0, 0];
    if (typeof padding === 'number') return [padding, padding];
    if (padding !== 'same') return at(padding, axis, 'padding');
    const step = at(strides, axis, 'stride');
    const span = at(dilations, axis, 'dilation') * (at(sizes, axis, 'size') - 1) + 1;
    const total = Math.max(0, (Math.ceil(length / step) - 1) * step + span - length);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
  for (const [axis, length] of lengths.entries()) {
    const [before, behind] = at(sides, axis, 'padding');
    if (![before + 1, behind + 1].every(isCount)) {
      throw new CoreError(
        'CONVOLUTION',
        `${operation}: an axis of ${length} cannot be padded by ${before} and ${behind}.`,
        'Padding is a whole number from 0 on, or "same" or "valid".',
      );
    }
    const span = at(dilations, axis, 'dilation') * (at(sizes, axis, 'size') - 1) + 1;
    if (span > length + before + behind) {
      throw new CoreError(
        'CONVOLUTION',
        `${operation}: a window of ${span} does not fit an axis of ${length} with padding ${before} and ${behind}.`,
        'Take a smaller window or dilation, or pad more.',
      );
    }
  }
  return { sizes, strides, dilations, padding: sides };
}

/** Zeros around the spatial axes of [n, ...spatial, channels]. */
export function padSpatial(x: Node, padding: Geometry['padding']): Node {
  if (padding.every(([before, behind]) => before === 0 && behind === 0)) return x;
  return pad(x, [[0, 0], ...padding, [0, 0]]);
}

/** Windows over the spatial axes: [n, ...spatial, ...rest] -> [n, ...positions, ...rest, ...sizes]. */
export const spatialWindows = (x: Node, { sizes, strides, dilations }: Geometry): Node =>
  windows(
    x,
    sizes.map((size, axis) => ({
      axis: axis + 1,
      size,
      stride: at(strides, axis, 'stride'),
      dilation: at(dilations, axis, 'dilation'),
    })),
  );

/** Windows times weights, as one matrix product per group, or as a weighted sum where each channel is alone. */
function correlate(x: Node, weight: Node, geometry: Geometry, groups: number): Node {
  const padded = padSpatial(x, geometry.padding);
  const perGroup = weight.shape.at(-2) ?? 1;
  const outputs = weight.shape.at(-1) ?? 1;
  const isDepthwise = perGroup === 1 && groups > 1 && outputs === groups;
  const result = isDepthwise
    ? weightedSum(padded, weight, geometry)
    : product(padded, weight, geometry, groups);
  return withDerivative(result, {
    operands: [x, weight],
    pullback: ([input = x, kernel = weight], _, g) => [
      inputGradient(g, input.shape, kernel, geometry, groups),
      weightGradient(g, input, kernel.shape, geometry, groups),
    ],
    isTransparent: true,
  });
}

/** The windows' axes: those of the batch and positions, the groups, the channels of a group, the places in the window. */
function groupedWindows(
  padded: Node,
  geometry: Geometry,
  groups: number,
): {
  readonly view: Node;
  readonly rows: number[];
  readonly group: number;
  readonly channel: number;
  readonly places: number[];
} {
  const channels = padded.shape.at(-1) ?? 1;
  const spatial = geometry.sizes.length;
  const view = spatialWindows(
    reshape(padded, [...padded.shape.slice(0, -1), groups, channels / groups]),
    geometry,
  );
  const rows = Array.from({ length: spatial + 1 }, (_, axis) => axis);
  const places = geometry.sizes.map((_, axis) => spatial + 3 + axis);
  return { view, rows, group: spatial + 1, channel: spatial + 2, places };
}

function product(padded: Node, weight: Node, geometry: Geometry, groups: number): Node {
  const { view, rows, group, channel, places } = groupedWindows(padded, geometry, groups);
  const [perGroup = 1, outputs = 1] = weight.shape.slice(-2);
  const spatial = geometry.sizes.length;
  const inner = sizeOf(geometry.sizes) * perGroup;
  const positions = view.shape.slice(0, spatial + 1);
  const patches = permute(view, [group, ...rows, ...places, channel]);
  if (groups === 1) {
    const flat = reshape(patches, [sizeOf(positions), inner]);
    return reshape(matmul(flat, reshape(weight, [inner, outputs])), [...positions, outputs]);
  }
  const kernels = permute(
    reshape(weight, [...geometry.sizes, perGroup, groups, outputs / groups]),
    // [groups, ...sizes, channels of a group, outputs of a group]
    [spatial + 1, ...geometry.sizes.keys(), spatial, spatial + 2],
  );
  const products = matmul(
    reshape(patches, [groups, sizeOf(positions), inner]),
    reshape(kernels, [groups, inner, outputs / groups]),
  );
  return reshape(permute(products, [1, 0, 2]), [...positions, outputs]);
}

/** Places of a window that are added up in one kernel; more are folded, whose loop costs little then. */
const FEW_PLACES = 25;

/** Channel by channel: the sum over the window's places, each a shifted view of the input times the weights of its place. */
function weightedSum(padded: Node, weight: Node, geometry: Geometry): Node {
  const { sizes } = geometry;
  const spatial = sizes.length;
  const view = spatialWindows(padded, geometry);
  const channels = weight.shape.at(-1) ?? 1;
  if (sizeOf(sizes) > FEW_PLACES) {
    // [...sizes, 1, channels] -> [channels, ...sizes], as the windows have them.
    const aligned = permute(reshape(weight, [...sizes, channels]), [spatial, ...sizes.keys()]);
    return sum(
      mul(view, aligned),
      sizes.map((_, axis) => spatial + 2 + axis),
    );
  }
  const placed = Array.from({ length: sizeOf(sizes) }, (_, place) => {
    const at = placeIn(sizes, place).map((index) => [index, index + 1] as const);
    const seen = slice(view, [...view.shape.slice(0, spatial + 2).map(() => null), ...at]);
    return mul(reshape(seen, view.shape.slice(0, spatial + 2)), reshape(slice(weight, at), [channels]));
  });
  return placed.reduce((total, one) => add(total, one));
}

/** The indices of a place in the window, from its number. */
function placeIn(sizes: readonly number[], place: number): number[] {
  let rest = place;
  return sizes
    .toReversed()
    .map((size) => {
      const index = rest % size;
      rest = Math.floor(rest / size);
      return index;
    })
    .toReversed();
}

/** Zeros around, or a part, of the spatial axes: negative amounts cut off. */
function fit(x: Node, amounts: Geometry['padding']): Node {
  const cut = amounts.map(([before, behind], axis) => {
    const length = lengthOf(x.shape, axis + 1);
    return [Math.max(0, -before), length - Math.max(0, -behind)] as const;
  });
  const isCut = amounts.some(([before, behind]) => before < 0 || behind < 0);
  return padSpatial(
    isCut ? slice(x, [null, ...cut, null]) : x,
    amounts.map(([before, behind]) => [Math.max(0, before), Math.max(0, behind)] as const),
  );
}

/** Zeros between the elements of the spatial axes: what a stride left out. */
function spread(x: Node, strides: readonly number[]): Node {
  let wide = x;
  for (const [index, stride] of strides.entries()) {
    if (stride === 1) continue;
    const axis = index + 1;
    const length = lengthOf(wide.shape, axis);
    const apart = reshape(wide, [...wide.shape.slice(0, axis + 1), 1, ...wide.shape.slice(axis + 1)]);
    const amounts = apart.shape.map((_, at) =>
      at === axis + 1 ? ([0, stride - 1] as const) : ([0, 0] as const),
    );
    const joined = reshape(
      pad(apart, amounts),
      wide.shape.map((one, at) => (at === axis ? one * stride : one)),
    );
    const whole = joined.shape.map((_, at) =>
      at === axis ? ([0, (length - 1) * stride + 1] as const) : null,
    );
    wide = slice(joined, whole);
  }
  return wide;
}

/** A convolution itself: of the spread gradient with the kernel turned round, inputs and outputs exchanged. */
function inputGradient(
  g: Node,
  shape: Shape,
  weight: Node,
  { sizes, strides, dilations, padding }: Geometry,
  groups: number,
): Node {
  const spatial = sizes.length;
  const [perGroup = 1, outputs = 1] = weight.shape.slice(-2);
  const wide = spread(g, strides);
  const amounts = sizes.map((size, axis): readonly [number, number] => {
    const reach = (size - 1) * at(dilations, axis, 'dilation');
    const before = reach - at(padding, axis, 'padding')[0];
    return [before, lengthOf(shape, axis + 1) + reach - lengthOf(wide.shape, axis + 1) - before];
  });
  const turned = flip(weight, [...sizes.keys()]);
  const exchanged = permute(reshape(turned, [...sizes, perGroup, groups, outputs / groups]), [
    ...sizes.keys(),
    spatial + 2,
    spatial + 1,
    spatial,
  ]);
  const kernel = reshape(exchanged, [...sizes, outputs / groups, groups * perGroup]);
  const unit = { sizes, strides: sizes.map(() => 1), dilations, padding: sizes.map(() => [0, 0] as const) };
  return correlate(fit(wide, amounts), kernel, unit, groups);
}

/** The windows' transposed product with the gradient. */
function weightGradient(g: Node, x: Node, shape: Shape, geometry: Geometry, groups: number): Node {
  const padded = padSpatial(x, geometry.padding);
  const { sizes } = geometry;
  const [perGroup = 1, outputs = 1] = shape.slice(-2);
  const positions = sizeOf(g.shape.slice(0, -1));
  if (perGroup === 1 && groups > 1 && outputs === groups) {
    const view = spatialWindows(padded, geometry);
    const rows = Array.from({ length: sizes.length + 1 }, (_, axis) => axis);
    // Channels last: neighbours in memory are summed side by side.
    const channel = rows.length;
    const aligned = permute(view, [...rows, ...sizes.map((_, axis) => channel + 1 + axis), channel]);
    const seen = reshape(g, [...g.shape.slice(0, -1), ...sizes.map(() => 1), outputs]);
    return reshape(sum(mul(aligned, seen), rows), shape);
  }
  const { view, rows, group, channel, places } = groupedWindows(padded, geometry, groups);
  const inner = sizeOf(sizes) * perGroup;
  const patches = permute(view, [group, ...places, channel, ...rows]);
  if (groups === 1)
    return reshape(matmul(reshape(patches, [inner, positions]), reshape(g, [positions, outputs])), shape);
  const gradients = permute(reshape(g, [positions, groups, outputs / groups]), [1, 0, 2]);
  const products = matmul(reshape(patches, [groups, inner, positions]), gradients);
  return reshape(permute(products, [1, 0, 2]), shape);
}

export interface TransposedConvolutionOptions extends ConvolutionOptions {
  /** Positions more at the end of each spatial axis, fewer than the stride: which of the inputs of a convolution is meant. */
  readonly outputPadding?: number | readonly number[];
}

/**
 * The adjoint of a convolution, as a function of its own: what a window saw is spread over the window's places and added up. The
 * weight is that convolution's, [...sizes, outputs / groups, channels].
 */
export function transposedConvolution(
  operation: string,
  given: Node,
  kernel: Node,
  spatial: number,
  options: TransposedConvolutionOptions,
): Node {
  const { groups = 1, outputPadding = 0 } = options;
  const [x, weight] = [cast(given, 'float32'), cast(kernel, 'float32')];
  const sizes = weight.shape.slice(0, spatial);
  const [perGroup = 0, channels = 0] = weight.shape.slice(-2);
  const isFitting =
    x.shape.length === spatial + 2 &&
    weight.shape.length === spatial + 2 &&
    isCount(groups) &&
    channels === x.shape.at(-1) &&
    channels % groups === 0;
  if (!isFitting) {
    throw new CoreError(
      'CONVOLUTION',
      `${operation}: an input ${shapeText(x.shape)} does not fit a weight ${shapeText(weight.shape)} in ${groups} groups.`,
      'They are [n, ...spatial, channels] and [...sizes, outputs / groups, channels].',
    );
  }
  const { stride: step = 1, dilation = 1, padding = 0 } = options;
  const lengths = x.shape.slice(1, -1);
  const strides = forEachAxis(operation, step, lengths, 'stride');
  const dilations = forEachAxis(operation, dilation, lengths, 'dilation');
  const more = forEachAxis(operation, outputPadding, lengths, 'output padding');
  checkPadding(operation, padding, lengths);
  const axes = sizes.map((size, axis) => {
    const [length, stride] = [lengthOf(x.shape, axis + 1), lengthOf(strides, axis)];
    const span = lengthOf(dilations, axis) * (size - 1) + 1;
    const extra = lengthOf(more, axis);
    const sides = ((): readonly [number, number] => {
      if (padding === 'valid') return [0, 0];
      if (padding === 'same')
        return [Math.floor(Math.max(0, span - stride) / 2), Math.ceil(Math.max(0, span - stride) / 2)];
      return typeof padding === 'number' ? [padding, padding] : at(padding, axis, 'padding');
    })();
    const behind = padding === 'same' ? Math.max(extra, stride - span) : extra;
    const output = (length - 1) * stride - sides[0] - sides[1] + span + behind;
    const isWhole =
      [size, stride, lengthOf(dilations, axis), output].every(isCount) &&
      [...sides, extra].every((one) => isCount(one + 1));
    if (!isWhole || (padding !== 'same' && extra >= stride && extra > 0)) {
      throw new CoreError(
        'CONVOLUTION',
        `${operation}: on an axis of ${length}, a window of ${size} with stride ${stride}, dilation ${lengthOf(dilations, axis)}, padding ${sides.join(' and ')} and output padding ${extra} gives no axis.`,
        'All are whole numbers; the output has at least one position, and output padding is less than the stride.',
      );
    }
    return { sides, output };
  });
  const geometry: Geometry = { sizes, strides, dilations, padding: axes.map(({ sides }) => sides) };
  const shape = [lengthOf(x.shape, 0), ...axes.map(({ output }) => output), perGroup * groups];
  return withDerivative(inputGradient(x, shape, weight, geometry, groups), {
    operands: [x, weight],
    pullback: ([input = x, own = weight], _, g) => [
      correlate(g, own, geometry, groups),
      weightGradient(input, g, own.shape, geometry, groups),
    ],
    isTransparent: true,
  });
}

import type { Tensor as CoreTensor } from '@trestle/core';
import type { OnnxError } from '../onnx-error.ts';
import { around, axesOf, axisOf, broadcastPlaces, rowsAlong } from '../tensor/places.ts';
import {
  doublesOf,
  floats,
  fromNumbers,
  make,
  type NumberArray,
  sizeOf,
  type Tensor,
} from '../tensor/tensor.ts';
import { CONSUMED } from './arithmetic.ts';
import { checked, flag, float, int, ints, required } from './attributes.ts';
import { fromChannelsLast, liesChannelsLast, toChannelsLast } from './channels.ts';
import { type Definition, elementwise, type Given, op, type Versions } from './definition.ts';

type Fail = (reason: string) => OnnxError;

/** Row by row along an axis, in place. Before operator set 13 a row is everything from the axis on. */
function along(
  x: Tensor,
  axis: number,
  isFlattened: boolean,
  fail: Fail,
  fn: (row: Float64Array) => void,
): Tensor {
  const rank = x.dims.length;
  const at = isFlattened && axis === rank ? rank : axisOf(axis, Math.max(rank, 1), fail);
  const [before, length, inner] = isFlattened
    ? [sizeOf(x.dims.slice(0, at)), sizeOf(x.dims.slice(at)), 1]
    : around(x.dims, at);
  const values = doublesOf(x);
  const out = new Float64Array(values.length);
  const row = new Float64Array(length);
  for (let outer = 0; outer < before; outer++)
    for (let lane = 0; lane < inner; lane++) {
      const base = outer * length * inner + lane;
      for (let i = 0; i < length; i++) row[i] = values[base + i * inner] ?? 0;
      fn(row);
      for (let i = 0; i < length; i++) out[base + i * inner] = row[i] ?? 0;
    }
  return fromNumbers(x.type, x.dims, out);
}

/** Exponentials that sum to 1, shifted by the largest, so that none overflows. */
export function softmaxRow(row: Float64Array): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (const x of row) largest = Math.max(largest, x);
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += row[i] = Math.exp((row[i] ?? 0) - largest);
  for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) / sum;
}
function logSoftmaxRow(row: Float64Array): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (const x of row) largest = Math.max(largest, x);
  let sum = 0;
  for (const x of row) sum += Math.exp(x - largest);
  const shift = largest + Math.log(sum);
  for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) - shift;
}
function hardmaxRow(row: Float64Array): void {
  let best = 0;
  for (let i = 1; i < row.length; i++) if ((row[i] ?? 0) > (row[best] ?? 0)) best = i;
  row.fill(0);
  if (row.length > 0) row[best] = 1;
}

function rowwise(
  fn: (row: Float64Array) => void,
  core?: (x: CoreTensor, axis: number) => CoreTensor,
): Versions {
  const version = (axis: number, isFlattened: boolean): Definition =>
    op(
      'T:float -> T',
      { axis: int(axis) },
      ([x], options, call) => along(x, options.axis, isFlattened, call.fail, fn),
      {
        core: {
          work: elementwise,
          run: ([x], options) =>
            x && core && (!isFlattened || options.axis === -1 || options.axis === x.rank - 1)
              ? core(x, options.axis)
              : undefined,
        },
      },
    );
  return { 1: version(1, true), 13: version(-1, false) };
}
export const Softmax = rowwise(softmaxRow, (x, axis) => x.softmax(axis));
export const LogSoftmax = rowwise(logSoftmaxRow, (x, axis) => x.logSoftmax(axis));
export const Hardmax = rowwise(hardmaxRow);

/** Mean and variance of each channel over everything else. */
function channelStatistics(x: Tensor, values: NumberArray): readonly [Float64Array, Float64Array] {
  const [n = 1, channels = 1] = x.dims;
  const inner = sizeOf(x.dims.slice(2));
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) {
    const channel = Math.floor(i / inner) % channels;
    mean[channel] = (mean[channel] ?? 0) + (values[i] ?? 0) / (n * inner);
  }
  for (let i = 0; i < values.length; i++) {
    const channel = Math.floor(i / inner) % channels;
    variance[channel] =
      (variance[channel] ?? 0) + ((values[i] ?? 0) - (mean[channel] ?? 0)) ** 2 / (n * inner);
  }
  return [mean, variance];
}

interface BatchOptions {
  readonly epsilon: number;
  readonly momentum: number;
}

function batchNormalised(
  [x, scale, bias, mean, variance]: readonly [Tensor, Tensor, Tensor, Tensor, Tensor],
  { epsilon, momentum }: BatchOptions,
  isTraining: boolean,
  isSpatial: boolean,
  fail: Fail,
): Tensor[] {
  const features = isSpatial ? (x.dims[1] ?? 1) : sizeOf(x.dims.slice(1));
  const inner = isSpatial ? sizeOf(x.dims.slice(2)) : 1;
  for (const one of [scale, bias, mean, variance])
    if (one.data.length !== features)
      throw fail(`${one.data.length} parameters do not fit ${features} channels`);
  const values = doublesOf(x);
  const [currentMean, currentVariance] = isTraining
    ? channelStatistics(x, values)
    : [doublesOf(mean), doublesOf(variance)];
  const [factor, shift] = [doublesOf(scale), doublesOf(bias)];
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const at = Math.floor(i / inner) % features;
    const size = Math.sqrt((currentVariance[at] ?? 0) + epsilon);
    out[i] = (((values[i] ?? 0) - (currentMean[at] ?? 0)) / size) * (factor[at] ?? 0) + (shift[at] ?? 0);
  }
  const y = fromNumbers(x.type, x.dims, out);
  if (!isTraining) return [y];
  const running = (old: Tensor, current: NumberArray): Tensor =>
    fromNumbers(
      old.type,
      old.dims,
      doublesOf(old).map(
        (value: number, at: number) => value * momentum + (current[at] ?? 0) * (1 - momentum),
      ),
    );
  return [y, running(mean, currentMean), running(variance, currentVariance)];
}
const batch = { epsilon: float(1e-5), momentum: float(0.9) };
const batchCore = {
  work: elementwise,
  run: (
    [x, scale, bias, mean, variance]: readonly (CoreTensor | undefined)[],
    { epsilon }: BatchOptions,
    call: { readonly wanted: readonly boolean[] },
  ) => {
    if (!x || !scale || !bias || !mean || !variance || call.wanted.length > 1) return undefined;
    const factor = scale.div(variance.add(epsilon).sqrt());
    if (liesChannelsLast(x))
      return fromChannelsLast(
        toChannelsLast(x)
          .mul(factor)
          .add(bias.sub(mean.mul(factor))),
      );
    const shape = [x.shape[1] ?? 1, ...x.shape.slice(2).map(() => 1)];
    return x.mul(factor.reshape(shape)).add(bias.sub(mean.mul(factor)).reshape(shape));
  },
};
/** Before operator set 9 the parameters may be those of single places, which the core is not given. */
const spatialCore = {
  work: batchCore.work,
  run: (
    inputs: readonly (CoreTensor | undefined)[],
    options: BatchOptions & { readonly spatial: boolean },
    call: { readonly wanted: readonly boolean[] },
  ) => (options.spatial ? batchCore.run(inputs, options, call) : undefined),
};
/** Running statistics are what training makes. */
const inferring = (isTraining: boolean, { hasOutput }: Given): string | undefined =>
  !isTraining && [1, 2, 3, 4].some(hasOutput)
    ? 'it gives running statistics, which only training makes'
    : undefined;
const refuse = (_options: unknown, _count: number, given: Given): string | undefined =>
  inferring(false, given);
export const BatchNormalization: Versions = {
  1: op(
    'T:float T T T T -> T T T T T',
    { ...batch, ...CONSUMED, is_test: flag(false), spatial: flag(true) },
    (inputs, options, call) => batchNormalised(inputs, options, false, options.spatial, call.fail),
    { refuse, core: spatialCore },
  ),
  6: op(
    'T:float T T T T -> T T T T T',
    { ...batch, is_test: flag(false), spatial: flag(true) },
    (inputs, options, call) => batchNormalised(inputs, options, false, options.spatial, call.fail),
    { refuse, core: spatialCore },
  ),
  7: op(
    'T:float T T T T -> T T T T T',
    { ...batch, spatial: flag(true) },
    (inputs, options, call) => batchNormalised(inputs, options, false, options.spatial, call.fail),
    { refuse, core: spatialCore },
  ),
  9: op(
    'T:float T T T T -> T T T T T',
    batch,
    (inputs, options, call) => batchNormalised(inputs, options, false, true, call.fail),
    { refuse, core: batchCore },
  ),
  14: op(
    'T:float S:float S U:float U -> T U U',
    { ...batch, training_mode: flag(false) },
    (inputs, options, call) => batchNormalised(inputs, options, options.training_mode, true, call.fail),
    {
      refuse: ({ training_mode: isTraining }, _, given) => inferring(isTraining, given),
      core: {
        work: elementwise,
        run: (inputs, options, call) =>
          options.training_mode ? undefined : batchCore.run(inputs, options, call),
      },
    },
  ),
};

/** Rows along axes, moved to mean 0 and variance 1. */
function standardised(
  x: Tensor,
  axes: readonly number[],
  epsilon: number,
): { values: Float64Array; mean: Float64Array; inverse: Float64Array } {
  const { count, length, places } = rowsAlong(x.dims, axes);
  const data = doublesOf(x);
  const values = new Float64Array(data.length);
  const [mean, inverse] = [new Float64Array(count), new Float64Array(count)];
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (let i = row * length; i < (row + 1) * length; i++) sum += data[places ? (places[i] ?? 0) : i] ?? 0;
    const middle = sum / length;
    let squares = 0;
    for (let i = row * length; i < (row + 1) * length; i++)
      squares += ((data[places ? (places[i] ?? 0) : i] ?? 0) - middle) ** 2;
    const scale = 1 / Math.sqrt(squares / length + epsilon);
    for (let i = row * length; i < (row + 1) * length; i++) {
      const at = places ? (places[i] ?? 0) : i;
      values[at] = ((data[at] ?? 0) - middle) * scale;
    }
    mean[row] = middle;
    inverse[row] = scale;
  }
  return { values, mean, inverse };
}

function scaled(
  x: Tensor,
  values: Float64Array,
  scale: Tensor | undefined,
  bias: Tensor | undefined,
  dims: readonly number[],
): Tensor {
  const fitTo = (one: Tensor | undefined) =>
    one && ([doublesOf(one), broadcastPlaces(one.dims, dims)] as const);
  const [factor, shift] = [fitTo(scale), fitTo(bias)];
  const at = (one: readonly [NumberArray, Int32Array | undefined], i: number): number =>
    one[0][one[1] ? (one[1][i] ?? 0) : i] ?? 0;
  for (let i = 0; i < values.length; i++) {
    if (factor) values[i] = (values[i] ?? 0) * at(factor, i);
    if (shift) values[i] = (values[i] ?? 0) + at(shift, i);
  }
  return fromNumbers(x.type, x.dims, values);
}

const channelwise = (one: Tensor, rank: number): Tensor => ({
  ...one,
  dims: [one.data.length, ...new Array<number>(rank - 2).fill(1)],
});
const from = (axis: number, rank: number): number[] =>
  Array.from({ length: rank - axis }, (_, i) => axis + i);

function instance(
  [x, scale, bias]: readonly [Tensor, Tensor, Tensor],
  { epsilon }: { epsilon: number },
  call: { fail: Fail },
): Tensor {
  const rank = x.dims.length;
  if (rank < 3 || scale.data.length !== x.dims[1] || bias.data.length !== x.dims[1])
    throw call.fail(`[${x.dims}] does not fit ${scale.data.length} scales`);
  const { values } = standardised(x, from(2, rank), epsilon);
  return scaled(x, values, channelwise(scale, rank), channelwise(bias, rank), x.dims);
}
export const InstanceNormalization: Versions = {
  1: op('T:float T T -> T', { epsilon: float(1e-5), ...CONSUMED }, instance),
  6: op('T:float T T -> T', { epsilon: float(1e-5) }, instance),
};

/** The first stage is done in doubles, which holds whatever `stash_type` asks for. */
const stash_type = checked(int(1), (type) => [1, 10, 11, 16].includes(type), 'a float type');
export const LayerNormalization: Versions = {
  17: op(
    'T:float T T? -> T U U',
    { axis: int(-1), epsilon: float(1e-5), stash_type },
    ([x, scale, bias], { axis, epsilon, stash_type: stash }, call) => {
      const at = axisOf(axis, x.dims.length, call.fail);
      const { values, mean, inverse } = standardised(x, from(at, x.dims.length), epsilon);
      const dims = x.dims.map((length, i) => (i < at ? length : 1));
      const type = stash === 11 ? 'float64' : 'float32';
      const statistic = (list: Float64Array): Tensor =>
        type === 'float64' ? make(type, dims, list) : floats(dims, Float32Array.from(list));
      return [scaled(x, values, scale, bias, x.dims), statistic(mean), statistic(inverse)];
    },
    {
      types: ({ stash_type: stash }) => ({ U: stash === 11 ? 'float64' : 'float32' }),
      refuse: ({ stash_type: stash }) =>
        stash === 1 || stash === 11 ? undefined : `its stash_type is ${stash}`,
      core: {
        work: elementwise,
        run: ([x, scale, bias], { axis, epsilon }, call) => {
          if (!x || !scale || call.wanted.length > 1) return undefined;
          const axes = from(axis < 0 ? axis + x.rank : axis, x.rank);
          const centred = x.sub(x.mean(axes, { keepDims: true }));
          const y = centred
            .div(centred.square().mean(axes, { keepDims: true }).add(epsilon).sqrt())
            .mul(scale);
          return bias ? y.add(bias) : y;
        },
      },
    },
  ),
};

/** What ONNX Runtime's optimiser writes into models of all operator sets, as it were one of them. */
export const SimplifiedLayerNormalization: Versions = {
  1: op(
    'T:float T -> T',
    { axis: int(-1), epsilon: float(1e-5), stash_type },
    ([x, scale], { axis, epsilon }, call) => rootScaled(x, scale, axis, epsilon, call.fail),
  ),
};

export const RMSNormalization: Versions = {
  23: op(
    'T:float U:float -> U',
    { axis: int(-1), epsilon: float(1e-5), stash_type },
    ([x, scale], { axis, epsilon }, call) => rootScaled(x, scale, axis, epsilon, call.fail),
  ),
};

/** Rows brought to a mean square of 1, and scaled. */
function rootScaled(x: Tensor, scale: Tensor, axis: number, epsilon: number, fail: Fail): Tensor {
  const length = sizeOf(x.dims.slice(axisOf(axis, x.dims.length, fail)));
  const data = doublesOf(x);
  const values = new Float64Array(data.length);
  for (let row = 0; row < data.length / length; row++) {
    let squares = 0;
    for (let i = row * length; i < (row + 1) * length; i++) squares += (data[i] ?? 0) ** 2;
    const factor = 1 / Math.sqrt(squares / length + epsilon);
    for (let i = row * length; i < (row + 1) * length; i++) values[i] = (data[i] ?? 0) * factor;
  }
  return scaled({ ...x, type: scale.type }, values, scale, undefined, x.dims);
}

/** The scales are those of groups before operator set 21, and of channels from then on. */
function groupNormalised(
  x: Tensor,
  scale: Tensor,
  bias: Tensor,
  groups: number,
  epsilon: number,
  perGroup: boolean,
  fail: Fail,
): Tensor {
  const [n = 1, channels = 1] = x.dims;
  if (groups < 1 || channels % groups !== 0) throw fail(`${channels} channels are no ${groups} groups`);
  const grouped = { ...x, dims: [n, groups, x.data.length / n / groups] };
  const { values } = standardised(grouped, [2], epsilon);
  const wanted = perGroup ? groups : channels;
  if (scale.data.length !== wanted || bias.data.length !== wanted)
    throw fail(`${scale.data.length} scales are not ${wanted}`);
  const shape = [1, wanted, x.data.length / n / wanted];
  const spread = (one: Tensor): Tensor => ({ ...one, dims: [1, wanted, 1] });
  return scaled(x, values, spread(scale), spread(bias), [n, ...shape.slice(1)]);
}
export const GroupNormalization: Versions = {
  18: op(
    'T:float T T -> T',
    { epsilon: float(1e-5), num_groups: required(int()) },
    ([x, scale, bias], { epsilon, num_groups }, call) =>
      groupNormalised(x, scale, bias, num_groups, epsilon, true, call.fail),
  ),
  21: op(
    'T:float T T -> T',
    { epsilon: float(1e-5), num_groups: required(int()), stash_type },
    ([x, scale, bias], { epsilon, num_groups }, call) =>
      groupNormalised(x, scale, bias, num_groups, epsilon, false, call.fail),
  ),
};

export const MeanVarianceNormalization: Versions = {
  9: op('T:float -> T', { axes: ints([0, 2, 3]) }, ([x], { axes }, call) => {
    // A function of the specification: the small number keeps a constant row from dividing by 0.
    const { values } = standardised(x, axesOf(axes, x.dims.length, call.fail), 1e-18);
    return fromNumbers(x.type, x.dims, values);
  }),
};

export const LpNormalization: Versions = {
  1: op(
    'T:float -> T',
    { axis: int(-1), p: checked(int(2), (p) => p === 1 || p === 2, '1 or 2') },
    ([x], { axis, p }, call) =>
      along(x, axis, false, call.fail, (row) => {
        let sum = 0;
        for (const one of row) sum += p === 1 ? Math.abs(one) : one * one;
        const size = p === 1 ? sum : Math.sqrt(sum);
        for (let i = 0; i < row.length; i++) row[i] = size === 0 ? 0 : (row[i] ?? 0) / size;
      }),
  ),
};

/** Across neighbouring channels. */
export const LRN: Versions = {
  1: op(
    'T:float -> T',
    { alpha: float(0.0001), beta: float(0.75), bias: float(1), size: required(int()) },
    ([x], { alpha, beta, bias, size }, call) => {
      const [, channels = 1] = x.dims;
      if (x.dims.length < 2 || size < 1) throw call.fail(`it takes [n, channels, …], not [${x.dims}]`);
      const inner = sizeOf(x.dims.slice(2));
      const data = doublesOf(x);
      const out = new Float64Array(data.length);
      for (let i = 0; i < out.length; i++) {
        const channel = Math.floor(i / inner) % channels;
        let squares = 0;
        const last = Math.min(channels - 1, channel + Math.ceil((size - 1) / 2));
        for (let other = Math.max(0, channel - Math.floor((size - 1) / 2)); other <= last; other++)
          squares += (data[i + (other - channel) * inner] ?? 0) ** 2;
        out[i] = (data[i] ?? 0) / (bias + (alpha / size) * squares) ** beta;
      }
      return fromNumbers(x.type, x.dims, out);
    },
  ),
};

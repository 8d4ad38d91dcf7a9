import type { ElementType } from '../format/element-types.ts';
import { broadcastDims } from '../tensor/places.ts';
import { checkSize, doublesOf, fromNumbers, longs, make, sizeOf, type Tensor } from '../tensor/tensor.ts';
import { CONSUMED } from './arithmetic.ts';
import { checked, elementType, flag, float, int, ints, required } from './attributes.ts';
import { castTo } from './cast.ts';
import { type Call, op, type Versions } from './definition.ts';
import { mersenneTwister } from './mersenne-twister.ts';

/** A seed of a node gives the same numbers at each run; without one they are new. */
function uniformOf(seed: number | undefined, call: Call): () => number {
  if (seed === undefined) return mersenneTwister(call.randomSeed());
  return mersenneTwister(
    Number.isInteger(seed) ? seed : (new Uint32Array(Float32Array.of(seed).buffer)[0] ?? 0),
  );
}

/** G. E. P. Box and M. E. Muller, "A note on the generation of random normal deviates", 1958. */
const normalOf = (uniform: () => number) => (): number =>
  Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

function drawn(type: ElementType, dims: readonly number[], draw: () => number): Tensor {
  const values = new Float64Array(checkSize(dims, 'float64'));
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return fromNumbers(type, dims, values);
}

const isFloat = (type: ElementType | undefined): boolean =>
  type === undefined || ['float16', 'bfloat16', 'float32', 'float64'].includes(type);
const dtype = checked(elementType(), isFloat, 'a float type');
const normal = { dtype, mean: float(0), scale: float(1), seed: float() };
const uniform = { dtype, high: float(1), low: float(0), seed: float() };
const shape = required(ints());
const typed = ({ dtype: type }: { dtype: ElementType | undefined }) => ({ T: type ?? 'float32' });
const like = ({ dtype: type }: { dtype: ElementType | undefined }, [input]: readonly unknown[]) => ({
  U: type ?? (input as ElementType | undefined),
});

export const RandomNormal: Versions = {
  1: op(
    ' -> T',
    { ...normal, shape },
    (_, options, call) => {
      const draw = normalOf(uniformOf(options.seed, call));
      return drawn(options.dtype ?? 'float32', options.shape, () => options.mean + options.scale * draw());
    },
    { types: typed },
  ),
};
export const RandomNormalLike: Versions = {
  1: op(
    '_ -> U',
    normal,
    ([x], options, call) => {
      const draw = normalOf(uniformOf(options.seed, call));
      return drawn(options.dtype ?? x.type, x.dims, () => options.mean + options.scale * draw());
    },
    { types: like },
  ),
};
export const RandomUniform: Versions = {
  1: op(
    ' -> T',
    { ...uniform, shape },
    (_, options, call) => {
      const draw = uniformOf(options.seed, call);
      return drawn(
        options.dtype ?? 'float32',
        options.shape,
        () => options.low + (options.high - options.low) * draw(),
      );
    },
    { types: typed },
  ),
};
export const RandomUniformLike: Versions = {
  1: op(
    '_ -> U',
    uniform,
    ([x], options, call) => {
      const draw = uniformOf(options.seed, call);
      return drawn(
        options.dtype ?? x.type,
        x.dims,
        () => options.low + (options.high - options.low) * draw(),
      );
    },
    { types: like },
  ),
};

/** 1 with the probability that each element says. */
export const Bernoulli: Versions = {
  15: op(
    'T:float -> U',
    { dtype: elementType(), seed: float() },
    ([x], options, call) => {
      const draw = uniformOf(options.seed, call);
      const ones = Float64Array.from(doublesOf(x), (probability) => (draw() < probability ? 1 : 0));
      return castTo(make('float64', x.dims, ones), options.dtype ?? x.type, { saturate: true }, call.fail);
    },
    { types: like },
  ),
};

/** Draws classes from unnormalised log probabilities, row by row. */
export const Multinomial: Versions = {
  7: op(
    'T:float -> U',
    {
      dtype: checked(
        elementType(),
        (type) => type === undefined || type === 'int32' || type === 'int64',
        'int32 or int64',
      ),
      sample_size: int(1),
      seed: float(),
    },
    ([x], { dtype: type, sample_size: count, seed }, call) => {
      const draw = uniformOf(seed, call);
      const [rows = 0, classes = 0] = x.dims;
      if (x.dims.length !== 2 || count < 1) throw call.fail(`it takes [rows, classes], not [${x.dims}]`);
      const logs = doublesOf(x);
      const out: number[] = [];
      for (let row = 0; row < rows; row++) {
        const own = Array.from(logs.subarray(row * classes, (row + 1) * classes));
        const largest = Math.max(...own);
        const weights = own.map((log) => Math.exp(log - largest));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let i = 0; i < count; i++) {
          let rest = draw() * total;
          const found = weights.findIndex((weight) => {
            rest -= weight;
            return rest < 0;
          });
          out.push(found < 0 ? classes - 1 : found);
        }
      }
      return type === 'int64'
        ? longs([rows, count], out)
        : make('int32', [rows, count], Int32Array.from(out));
    },
    { types: ({ dtype: type }) => ({ U: type ?? 'int32' }) },
  ),
};

/** Zeroes elements at random and scales the others, so that the sum stays as it is; in inference everything stays. */
function dropped(x: Tensor, ratio: number, draw: () => number): [Tensor, boolean[]] {
  const mask = Array.from({ length: x.data.length }, () => draw() >= ratio);
  const scale = 1 / (1 - ratio);
  const values = doublesOf(x);
  return [
    fromNumbers(
      x.type,
      x.dims,
      values.map((one: number, i: number) => (mask[i] ? one * scale : 0)),
    ),
    mask,
  ];
}
const all = (x: Tensor): Tensor => make('bool', x.dims, new Uint8Array(sizeOf(x.dims)).fill(1));
const ones = (x: Tensor): Tensor => fromNumbers(x.type, x.dims, new Float64Array(sizeOf(x.dims)).fill(1));
const pass = {
  work: () => 0,
  run: <X>([x]: readonly (X | undefined)[], _: unknown, call: Call): X | undefined =>
    call.wanted[1] ? undefined : x,
};
const ratio = { ratio: float(0.5) };
export const Dropout: Versions = {
  // Without is_test it would be trained with, which a model that is only run is not.
  1: op('T:float -> T T', { ...ratio, ...CONSUMED, is_test: flag(false) }, ([x]) => [x, ones(x)], {
    core: pass,
  }),
  6: op('T:float -> T T', { ...ratio, is_test: flag(false) }, ([x]) => [x, ones(x)], { core: pass }),
  7: op('T:float -> T T', ratio, ([x]) => [x, ones(x)], { core: pass }),
  10: op('T:float -> T bool', ratio, ([x]) => [x, all(x)], { core: pass }),
  12: op('T:float U:float? bool? -> T bool', { seed: int() }, ([x, share, isTraining], { seed }, call) => {
    const rate = share ? Number(share.data[0]) : 0.5;
    if (!isTraining?.data[0] || rate === 0) return [x, all(x)];
    if (!(rate > 0 && rate < 1)) throw call.fail(`its ratio is ${rate}`);
    const draw = mersenneTwister(seed ?? call.randomSeed());
    const [y, mask] = dropped(x, rate, draw);
    return [y, make('bool', broadcastDims(x.dims), Uint8Array.from(mask, Number))];
  }),
};

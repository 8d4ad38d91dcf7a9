import type { DType } from '../../graph/dtype.ts';
import type { ReduceFunction } from '../../graph/node.ts';
import {
  type Code,
  f32,
  f32x4,
  f64,
  f64x2,
  get,
  i32x4,
  type Local,
  set,
  type Value,
  v128,
} from './assembler.ts';

import { extreme, type Lanes } from './vector-math.ts';

type Vector = Value<'v128'>;

export function foldIdentity(fn: ReduceFunction, dtype: DType): Vector {
  switch (fn) {
    case 'sum':
      return v128.ints(0);
    case 'max':
      return dtype === 'float32' ? v128.floats(Number.NEGATIVE_INFINITY) : v128.ints(-2147483648);
    case 'min':
      return dtype === 'float32' ? v128.floats(Number.POSITIVE_INFINITY) : v128.ints(2147483647);
  }
}

export function foldLanes(fn: ReduceFunction, dtype: DType, a: Vector, b: Vector): Vector {
  const of = dtype === 'float32' ? f32x4 : i32x4;
  return { sum: of.add, max: of.max, min: of.min }[fn](a, b);
}

/** Folds a value into a local, in the way that costs least inside a loop. */
export function foldInto(
  lanes: Lanes,
  fn: ReduceFunction,
  dtype: DType,
  sum: Local<'v128'>,
  value: Vector,
): Code {
  if (fn === 'sum' || dtype !== 'float32') return set(sum, foldLanes(fn, dtype, get(sum), value));
  return set(sum, extreme(lanes, fn, get(sum), value));
}

/** The four lanes folded into one, which then stands in every lane. */
export function acrossLanes(fn: ReduceFunction, dtype: DType, vector: Local<'v128'>): Code {
  const fold = (...lanes: readonly [number, number, number, number]): Code =>
    set(vector, foldLanes(fn, dtype, get(vector), v128.shuffle(get(vector), get(vector), ...lanes)));
  return [fold(2, 3, 0, 1), fold(1, 0, 3, 2)];
}

/** Elements that are summed in float32 before the sum moves on to float64: long sums keep their small terms. */
export const RUN = 512;

/** The fold of many vectors and single elements into one value: some lanes at a time, in a few independent accumulators. */
export interface Accumulator {
  readonly start: Code;
  /** Folds a vector; `at` picks the accumulator. */
  vector(at: number, value: Vector): Code;
  /** Folds lane 0. */
  single(value: Vector): Code;
  /** After a run of at most `RUN` elements. */
  readonly endRun: Code;
  /** Leaves the result in every lane of `result`. */
  readonly finish: Code;
  readonly result: Local<'v128'>;
}

/** `isLong`: there is more than one run. */
export function newAccumulator(
  { scope, features }: Pick<Lanes, 'scope' | 'features'>,
  fn: ReduceFunction,
  dtype: DType,
  ways: number,
  isLong: boolean,
): Accumulator {
  const parts = Array.from({ length: ways }, () => scope.local('v128'));
  const rest = scope.local('v128');
  const result = scope.local('v128');
  const identity = foldIdentity(fn, dtype);
  const reset = [...parts, rest].map((part) => set(part, identity));
  const fold = (into: Local<'v128'>, value: Vector): Code => {
    const lanes: Lanes = { scope, features, statements: [] };
    const folded = foldInto(lanes, fn, dtype, into, value);
    return [lanes.statements, folded];
  };
  // The rest holds single elements in lane 0; its other lanes are cleared by a shuffle with the identity.
  const gathered = parts.reduce(
    (sum, part) => foldLanes(fn, dtype, sum, get(part)),
    v128.shuffle(get(rest), identity, 0, 4, 4, 4),
  );
  const steps = {
    vector: (at: number, value: Vector) => fold(parts[at % ways] ?? rest, value),
    single: (value: Vector) => fold(rest, value),
    result,
  };
  if (fn === 'sum' && dtype === 'float32' && isLong) {
    const total = scope.local('v128');
    const wide = (lanes: Vector): Code => set(total, f64x2.add(get(total), f64x2.promoteLow(lanes)));
    return {
      ...steps,
      start: [reset, set(total, v128.ints(0))],
      endRun: [
        set(result, gathered),
        wide(get(result)),
        wide(v128.shuffle(get(result), get(result), 2, 3, 2, 3)),
        reset,
      ],
      finish: set(
        result,
        f32x4.splat(f32.demote(f64.add(f64x2.lane(get(total), 0), f64x2.lane(get(total), 1)))),
      ),
    };
  }
  return {
    ...steps,
    start: reset,
    endRun: [],
    finish: [set(result, gathered), acrossLanes(fn, dtype, result)],
  };
}

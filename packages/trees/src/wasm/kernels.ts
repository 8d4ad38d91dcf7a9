import {
  assemble,
  block,
  branchIf,
  type Code,
  copyMemory,
  type FunctionCode,
  f64,
  f64x2,
  get,
  i32,
  i64,
  i64x2,
  type Local,
  newScope,
  repeat,
  set,
  type Value,
  v128,
  when,
} from '@trestle/core/assembler';
import type { KernelModule } from './arena.ts';

/** Columns whose bins lie side by side, a byte each. */
export const GROUP = 16;
/** Bytes of a pair of sums: of slopes, and of curvatures with the count of rows in the lowest bits; whole numbers of 64 bits. */
export const PAIR_BYTES = 16;

/** Where the search finds what it is to know, and leaves what it found; in bytes from the start of the memory. */
export const SEARCH = {
  /** What one of slopes and of curvatures is worth: two doubles. */
  steps: 0,
  /** The pair of the whole leaf. */
  total: 16,
  /** How many bits of the second number are the count, and those bits set. */
  countBits: 32,
  countMask: 40,
  minRows: 48,
  minWeight: 56,
  l2: 64,
  l1: 72,
  /** What the leaf is worth undivided. */
  parent: 80,
  minGain: 88,
  /** The largest gain so far, and of which split: the pair of its left part, column, last bin, and whether missing ones go left. */
  gain: 96,
  column: 104,
  bin: 108,
  missingLeft: 112,
  left: 128,
  /** The largest slope and curvature of all rows, or their sums. */
  largest: 144,
} as const;
/** A row's pair and its bins of the first group: in one line of the cache. */
export const RECORD_BYTES = PAIR_BYTES + GROUP;
/** Where the bins of each column of a group begin in the histogram that is added to. */
export const BASES_AT = 160;
/** As many records are brought together at once. */
export const GATHERED = 256;
export const GATHERED_AT = 1_024;
/** Less than this share of what it is the difference of is a gain that rounding made. */
const ROUNDING = 1e-12;

const address = (place: number): Value<'i32'> => i32.const(place);
const counted = (count: Value<'i32'>, bytes: number): Value<'i32'> =>
  i32.shl(count, i32.const(Math.log2(bytes)));

/** Adds the pairs of records that lie one behind the other to their bins of the first `columns` columns. */
function addKernel(columns: number): FunctionCode {
  const scope = newScope(2);
  const [from, end] = scope.parameters;
  if (!from || !end) throw new RangeError('two parameters');
  const [place, pair] = [scope.local('i32'), scope.local('v128')];
  const bases = Array.from({ length: columns }, () => scope.local('i32'));
  const body = [
    bases.map((base, column) => set(base, i32.load(address(BASES_AT + 4 * column)))),
    repeat(
      from,
      get(end),
      RECORD_BYTES,
      set(pair, v128.load(get(from))),
      bases.map((base, column) => [
        set(place, i32.add(get(base), counted(i32.load8(get(from), PAIR_BYTES + column), PAIR_BYTES))),
        v128.store(get(place), i64x2.add(v128.load(get(place)), get(pair))),
      ]),
    ),
  ];
  return scope.finish(body, `add${columns}`);
}

/**
 * Brings the records of some rows together. Where rows are far apart their lines are then missed in the cache beside each other, and
 * not one behind the other between additions that wait for each other: a third of the time.
 */
function gatherKernel(): FunctionCode {
  const scope = newScope(5);
  const [rows, count, pairs, bins, shift] = scope.parameters;
  if (!rows || !count || !pairs || !bins || !shift) throw new RangeError('five parameters');
  const [row, into, end] = [scope.local('i32'), scope.local('i32'), scope.local('i32')];
  const body = [
    set(end, i32.add(get(rows), counted(get(count), 4))),
    set(into, address(GATHERED_AT)),
    repeat(
      rows,
      get(end),
      4,
      set(row, i32.load(get(rows))),
      v128.store(get(into), v128.load(i32.add(get(pairs), counted(get(row), RECORD_BYTES)))),
      v128.store(get(into), v128.load(i32.add(get(bins), i32.shl(get(row), get(shift)))), PAIR_BYTES),
      set(into, i32.add(get(into), i32.const(RECORD_BYTES))),
    ),
  ];
  return scope.finish(body, 'gather');
}

/** Takes pairs away from others, place by place. */
function subtractKernel(): FunctionCode {
  const scope = newScope(3);
  const [from, other, bytes] = scope.parameters;
  if (!from || !other || !bytes) throw new RangeError('a kernel of three parameters');
  const end = scope.local('i32');
  const body = [
    set(end, i32.add(get(from), get(bytes))),
    repeat(
      from,
      get(end),
      PAIR_BYTES,
      v128.store(get(from), i64x2.sub(v128.load(get(from)), v128.load(get(other)))),
      set(other, i32.add(get(other), i32.const(PAIR_BYTES))),
    ),
  ];
  return scope.finish(body, 'subtract');
}

/** Brings rows whose bin goes left to the front, in their order; leaves how many at `left`. */
function divideKernel(): FunctionCode {
  const scope = newScope(6);
  const [rows, count, bins, ways, spare, left] = scope.parameters;
  if (!rows || !count || !bins || !ways || !spare || !left) throw new RangeError('six parameters');
  const [at, end, kept, moved] = [
    scope.local('i32'),
    scope.local('i32'),
    scope.local('i32'),
    scope.local('i32'),
  ];
  const [row, way] = [scope.local('i32'), scope.local('i32')];
  const body = [
    set(at, get(rows)),
    set(end, i32.add(get(rows), counted(get(count), 4))),
    set(kept, get(rows)),
    set(moved, get(spare)),
    // Written to both sides and counted for one: a branch that nobody can predict takes longer.
    repeat(
      at,
      get(end),
      4,
      set(row, i32.load(get(at))),
      set(way, i32.load8(i32.add(get(ways), i32.load8(i32.add(get(bins), get(row)))))),
      i32.store(get(kept), get(row)),
      i32.store(get(moved), get(row)),
      set(kept, i32.add(get(kept), counted(get(way), 4))),
      set(moved, i32.add(get(moved), i32.sub(i32.const(4), counted(get(way), 4)))),
    ),
    copyMemory(get(kept), get(spare), i32.sub(get(moved), get(spare))),
    i32.store(get(left), i32.shrU(i32.sub(get(kept), get(rows)), i32.const(2))),
  ];
  return scope.finish(body, 'divide');
}

/** Leaves the largest absolute slope and curvature of pairs of doubles in `SEARCH.largest`; what is no number it passes over. */
function largestKernel(): FunctionCode {
  const scope = newScope(2);
  const [from, end] = scope.parameters;
  if (!from || !end) throw new RangeError('two parameters');
  const most = scope.local('v128');
  const body = [
    repeat(from, get(end), PAIR_BYTES, set(most, f64x2.pmax(get(most), f64x2.abs(v128.load(get(from)))))),
    v128.store(address(SEARCH.largest), get(most)),
  ];
  return scope.finish(body, 'largest');
}

/** Adds absolute slopes and curvatures up, each on the grid that `SEARCH.largest` says, and leaves the sums there. */
function totalKernel(): FunctionCode {
  const scope = newScope(2);
  const [from, end] = scope.parameters;
  if (!from || !end) throw new RangeError('two parameters');
  const [sums, grid] = [scope.local('v128'), scope.local('v128')];
  const rounded = f64x2.sub(f64x2.add(f64x2.abs(v128.load(get(from))), get(grid)), get(grid));
  const body = [
    set(grid, v128.load(address(SEARCH.largest))),
    repeat(from, get(end), PAIR_BYTES, set(sums, f64x2.add(get(sums), rounded))),
    v128.store(address(SEARCH.largest), get(sums)),
  ];
  return scope.finish(body, 'total');
}

/**
 * Turns pairs of doubles into pairs of sums of one row, in its record. `SEARCH.largest` holds what they are multiplied with; their sum is
 * left in `SEARCH.total`.
 */
function quantiseKernel(): FunctionCode {
  const scope = newScope(3);
  const [from, end, into] = scope.parameters;
  if (!from || !end || !into) throw new RangeError('three parameters');
  const [bits, sum] = [scope.local('i64'), scope.local('v128')];
  const scaled = (at: number): Value<'i64'> =>
    i64.truncF64(f64.nearest(f64.mul(f64.load(get(from), at), f64.load(address(SEARCH.largest), at))));
  const body = [
    set(bits, i64.load(address(SEARCH.countBits))),
    repeat(
      from,
      get(end),
      PAIR_BYTES,
      i64.store(get(into), scaled(0)),
      i64.store(get(into), i64.add(i64.shl(scaled(8), get(bits)), i64.const(1)), 8),
      set(sum, i64x2.add(get(sum), v128.load(get(into)))),
      set(into, i32.add(get(into), i32.const(RECORD_BYTES))),
    ),
    v128.store(address(SEARCH.total), get(sum)),
  ];
  return scope.finish(body, 'quantise');
}

/** Writes the pairs of bins as doubles: slope, curvature and count. */
function widenKernel(): FunctionCode {
  const scope = newScope(3);
  const [from, end, into] = scope.parameters;
  if (!from || !end || !into) throw new RangeError('three parameters');
  const second = scope.local('i64');
  const body = repeat(
    from,
    get(end),
    PAIR_BYTES,
    f64.store(get(into), f64.mul(f64.convertI64(i64.load(get(from))), f64.load(address(SEARCH.steps)))),
    set(second, i64.load(get(from), 8)),
    f64.store(
      get(into),
      f64.mul(
        f64.convertI64(i64.shr(get(second), i64.load(address(SEARCH.countBits)))),
        f64.load(address(SEARCH.steps), 8),
      ),
      8,
    ),
    f64.store(get(into), f64.convertI64(i64.and(get(second), i64.load(address(SEARCH.countMask)))), 16),
    set(into, i32.add(get(into), i32.const(24))),
  );
  return scope.finish(body, 'widen');
}

/** Adds the pairs of some rows up and leaves them in `SEARCH.total`. */
function sumKernel(): FunctionCode {
  const scope = newScope(3);
  const [rows, count, pairs] = scope.parameters;
  if (!rows || !count || !pairs) throw new RangeError('three parameters');
  const [end, sum] = [scope.local('i32'), scope.local('v128')];
  const pair = v128.load(i32.add(get(pairs), counted(i32.load(get(rows)), RECORD_BYTES)));
  const body = [
    set(end, i32.add(get(rows), counted(get(count), 4))),
    repeat(rows, get(end), 4, set(sum, i64x2.add(get(sum), pair))),
    v128.store(address(SEARCH.total), get(sum)),
  ];
  return scope.finish(body, 'sum');
}

/** Adds a number to the scores of some rows; the number is the double at `SEARCH.largest`. */
function scoreKernel(): FunctionCode {
  const scope = newScope(3);
  const [rows, count, scores] = scope.parameters;
  if (!rows || !count || !scores) throw new RangeError('three parameters');
  const [end, place, value] = [scope.local('i32'), scope.local('i32'), scope.local('f64')];
  const body = [
    set(end, i32.add(get(rows), counted(get(count), 4))),
    set(value, f64.load(address(SEARCH.largest))),
    repeat(
      rows,
      get(end),
      4,
      set(place, i32.add(get(scores), counted(i32.load(get(rows)), 8))),
      f64.store(get(place), f64.add(f64.load(get(place)), get(value))),
    ),
  ];
  return scope.finish(body, 'score');
}

/** Constants of the exponential function: the logarithm of 2 in two parts, of which the first has zeros at its end (Cody and Waite). */
const [LN2_HIGH, LN2_LOW] = [0.6931471803691238, 1.9082149292705877e-10];
/** Beyond it e^x is no normal double: what is below or above is taken as this. */
const [LEAST_EXPONENT, MOST_EXPONENT] = [-708, 709];
/** Added to a number below 2^51, it leaves the nearest whole number in the lowest bits. */
const WHOLE = 1.5 * 2 ** 52;
/** 1/n! up to 13: beyond it what is left of |r| <= ln(2)/2 is below 2^-54. */
const FACTORIALS = Array.from({ length: 14 }, (_, n) => {
  let factorial = 1;
  for (let of = 2; of <= n; of++) factorial *= of;
  return 1 / factorial;
});

/** e to the power of numbers, in place and two at a time, the same on every machine; there are an even number of them. */
function exponentialsKernel(): FunctionCode {
  const scope = newScope(2);
  const [from, end] = scope.parameters;
  if (!from || !end) throw new RangeError('two parameters');
  const [x, n, power] = [scope.local('v128'), scope.local('v128'), scope.local('v128')];
  const constant = (value: number): Value<'v128'> => scope.constant(f64x2.splat(f64.const(value)));
  // Of a number and one that is none, the first is taken: NaN stays NaN.
  const limited = f64x2.pmax(
    f64x2.pmin(v128.load(get(from)), constant(MOST_EXPONENT)),
    constant(LEAST_EXPONENT),
  );
  const body = repeat(
    from,
    get(end),
    16,
    set(x, limited),
    set(n, f64x2.nearest(f64x2.mul(get(x), constant(Math.LOG2E)))),
    set(x, f64x2.sub(get(x), f64x2.mul(get(n), constant(LN2_HIGH)))),
    set(x, f64x2.sub(get(x), f64x2.mul(get(n), constant(LN2_LOW)))),
    set(power, constant(FACTORIALS.at(-1) ?? 0)),
    FACTORIALS.slice(0, -1)
      .reverse()
      .map((factor) => set(power, f64x2.add(f64x2.mul(get(power), get(x)), constant(factor)))),
    // The whole number is added to the exponent's bits.
    set(n, i64x2.shl(f64x2.add(get(n), constant(WHOLE)), i32.const(52))),
    v128.store(get(from), i64x2.add(get(power), get(n))),
  );
  return scope.finish(body, 'exponentials');
}

/** Compares all splits of a column of numbers with the best so far, with missing ones on either side. */
function searchKernel(): FunctionCode {
  const scope = newScope(3);
  const [from, bins, column] = scope.parameters;
  if (!from || !bins || !column) throw new RangeError('three parameters');
  const [bin, end, missingLeft] = [scope.local('i32'), scope.local('i32'), scope.local('i32')];
  const [total, missing, sum, tried] = [
    scope.local('v128'),
    scope.local('v128'),
    scope.local('v128'),
    scope.local('v128'),
  ];
  const rest = scope.local('v128');
  const [mask, bits, minRows, rows] = [
    scope.local('i64'),
    scope.local('i64'),
    scope.local('i64'),
    scope.local('i64'),
  ];
  const [left, right] = [scope.local('f64'), scope.local('f64')];
  const [l1, l2, term, best] = [
    scope.local('f64'),
    scope.local('f64'),
    scope.local('f64'),
    scope.local('f64'),
  ];
  const slope = scope.local('f64');
  const [stepOfSlopes, stepOfCurvatures, minWeight] = [
    scope.local('f64'),
    scope.local('f64'),
    scope.local('f64'),
  ];
  const countOf = (pair: Local<'v128'>): Value<'i64'> => i64.and(i64x2.lane(get(pair), 1), get(mask));
  const curvatureOf = (pair: Local<'v128'>): Value<'f64'> =>
    f64.mul(f64.convertI64(i64.shr(i64x2.lane(get(pair), 1), get(bits))), get(stepOfCurvatures));
  /** (|slope| - l1)^2 / (curvature + l2), for a slope beyond l1. */
  const termOf = (pair: Local<'v128'>, curvature: Local<'f64'>): Value<'f64'> => {
    const whole = f64.abs(f64.mul(f64.convertI64(i64x2.lane(get(pair), 0)), get(stepOfSlopes)));
    const kept = f64.max(f64.sub(whole, get(l1)), f64.const(0));
    return f64.div(
      { type: 'f64', code: [set(slope, kept), f64.mul(get(slope), get(slope)).code] },
      f64.add(get(curvature), get(l2)),
    );
  };
  const skipUnless = (condition: Value<'i32'>): Code => branchIf(0, i32.eqz(condition));
  const attempt = (missingGoLeft: number): Code =>
    block(
      branchIf(0, i64.lt(countOf(tried), get(minRows))),
      set(rest, i64x2.sub(get(total), get(tried))),
      branchIf(0, i64.lt(countOf(rest), get(minRows))),
      set(left, curvatureOf(tried)),
      set(right, curvatureOf(rest)),
      skipUnless(f64.ge(get(left), get(minWeight))),
      skipUnless(f64.ge(get(right), get(minWeight))),
      // Without curvature and l2 there is no step to take.
      skipUnless(f64.gt(f64.add(get(left), get(l2)), f64.const(0))),
      skipUnless(f64.gt(f64.add(get(right), get(l2)), f64.const(0))),
      set(term, f64.add(termOf(tried, left), termOf(rest, right))),
      set(left, f64.sub(get(term), f64.load(address(SEARCH.parent)))),
      skipUnless(f64.gt(get(left), get(best))),
      skipUnless(f64.gt(get(left), f64.mul(get(term), f64.const(ROUNDING)))),
      set(best, get(left)),
      f64.store(address(SEARCH.gain), get(best)),
      i32.store(address(SEARCH.column), get(column)),
      i32.store(address(SEARCH.bin), get(bin)),
      i32.store(address(SEARCH.missingLeft), i32.const(missingGoLeft)),
      v128.store(address(SEARCH.left), get(tried)),
    );
  const body = [
    set(total, v128.load(address(SEARCH.total))),
    set(mask, i64.load(address(SEARCH.countMask))),
    set(bits, i64.load(address(SEARCH.countBits))),
    set(minRows, i64.load(address(SEARCH.minRows))),
    set(minWeight, f64.load(address(SEARCH.minWeight))),
    set(l1, f64.load(address(SEARCH.l1))),
    set(l2, f64.load(address(SEARCH.l2))),
    set(stepOfSlopes, f64.load(address(SEARCH.steps))),
    set(stepOfCurvatures, f64.load(address(SEARCH.steps), 8)),
    set(best, f64.max(f64.load(address(SEARCH.gain)), f64.load(address(SEARCH.minGain)))),
    set(end, get(bins)),
    set(missing, v128.load(i32.add(get(from), counted(get(bins), PAIR_BYTES)))),
    set(missingLeft, i32.eqz(i64.eqz(i64x2.lane(get(missing), 1)))),
    block(
      repeat(
        bin,
        get(end),
        1,
        block(
          set(tried, v128.load(get(from))),
          set(from, i32.add(get(from), i32.const(PAIR_BYTES))),
          branchIf(0, i64.eqz(i64x2.lane(get(tried), 1))),
          set(sum, i64x2.add(get(sum), get(tried))),
          set(rows, countOf(sum)),
          // All rows on one side are no split.
          branchIf(3, i64.eq(get(rows), countOf(total))),
          set(tried, get(sum)),
          attempt(0),
          when(
            get(missingLeft),
            block(
              set(tried, i64x2.add(get(sum), get(missing))),
              branchIf(0, i64.eq(countOf(tried), countOf(total))),
              attempt(1),
            ),
          ),
        ),
      ),
    ),
  ];
  return scope.finish(body, 'search');
}

/** The kernels that trees are grown with. */
export const growing: KernelModule = {
  free: GATHERED_AT + GATHERED * RECORD_BYTES,
  assemble: (mostPages) =>
    assemble({ initialPages: 0, maximumPages: mostPages, isShared: false }, [
      ...Array.from({ length: GROUP }, (_, at) => addKernel(at + 1)),
      ...[gatherKernel(), subtractKernel(), divideKernel(), largestKernel(), totalKernel()],
      ...[quantiseKernel(), widenKernel(), sumKernel(), scoreKernel(), searchKernel(), exponentialsKernel()],
    ]),
};

import {
  type Code,
  type FunctionCode,
  f32x4,
  get,
  i32,
  type Local,
  newScope,
  set,
  type Value,
  v128,
  when,
} from '../assembler.ts';
import type { WasmFeatures } from '../features.ts';
import { advance, countDown } from '../loops.ts';

/**
 * Rows and columns of the result that one call keeps in registers: 12 sums, 2 vectors of b and one element of a are 15 of the
 * 16 registers of x86-64, and V8 keeps one for itself. Measured against 4 x 12 (which spills) and 5 x 8: fastest.
 */
export const TILE_ROWS = 6;
export const TILE_COLUMNS = 8;
const LANES = 4;
const UNROLL = 4;

export interface MicroKernelOptions {
  readonly name: string;
  /** At most `TILE_ROWS`. */
  readonly rows: number;
  /** Columns that are stored, at most `TILE_COLUMNS`; all are computed. */
  readonly columns: number;
  /** Bytes from one row of a to the next, and from one step of the inner dimension to the next. */
  readonly aRow: number;
  readonly aStep: number;
  /** Bytes from one step of the inner dimension to the next in b; columns are next to each other. */
  readonly bStep: number;
  /** Bytes from one row of the result to the next. */
  readonly cRow: number;
}

/**
 * A function (a, b, c, depth, isFirst): multiplies a tile of a with one of b over `depth` steps, and stores the products in c,
 * or adds them to what c holds unless `isFirst`.
 */
export function microKernel(options: MicroKernelOptions, features: WasmFeatures): FunctionCode {
  const { rows, columns, aRow, aStep, bStep, cRow } = options;
  const scope = newScope(5);
  const [a, b, c, depth, isFirst] = scope.parameters;
  if (!a || !b || !c || !depth || !isFirst) throw new RangeError('A micro-kernel has five parameters.');
  const vectors = TILE_COLUMNS / LANES;
  const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => scope.local('v128')));
  const bVectors = Array.from({ length: vectors }, () => scope.local('v128'));
  const element = scope.local('v128');
  const add = (sum: Local<'v128'>, bVector: Local<'v128'>): Value<'v128'> =>
    features.fma
      ? f32x4.relaxedMadd(get(element), get(bVector), get(sum))
      : f32x4.add(f32x4.mul(get(element), get(bVector)), get(sum));
  const step = (ahead: number): Code => [
    bVectors.map((vector, at) => set(vector, v128.load(get(b), ahead * bStep + at * 16))),
    sums.map((row, r) => [
      set(element, v128.loadSplat(get(a), r * aRow + ahead * aStep)),
      row.map((sum, at) => {
        const vector = bVectors[at];
        return vector ? set(sum, add(sum, vector)) : [];
      }),
    ]),
  ];
  const steps = (count: number): Code => [
    Array.from({ length: count }, (_, ahead) => step(ahead)),
    advance(a, count * aStep),
    advance(b, count * bStep),
  ];
  const count = scope.local('i32');
  const times = (many: Value<'i32'>, body: Code): Code => [
    set(count, many),
    when(get(count), countDown(count, body)),
  ];
  const start = (isZero: boolean): Code =>
    sums.map((row, r) =>
      row.map((sum, at) => set(sum, isZero ? v128.ints(0) : v128.load(get(c), r * cRow + at * 16))),
    );
  const store = sums.map((row, r) =>
    row.map((sum, at) => {
      const valid = Math.min(LANES, columns - at * LANES);
      const place = r * cRow + at * 16;
      if (valid === LANES) return v128.store(get(c), get(sum), place);
      return Array.from({ length: Math.max(0, valid) }, (_, lane) =>
        v128.store32Lane(get(c), get(sum), lane, place + lane * 4),
      );
    }),
  );
  const body = [
    when(get(isFirst), start(true), start(false)),
    times(i32.shrU(get(depth), i32.const(Math.log2(UNROLL))), steps(UNROLL)),
    times(i32.and(get(depth), i32.const(UNROLL - 1)), steps(1)),
    store,
  ];
  return scope.finish(body);
}

import { assemble, branchIf, get, i32, i32x4, loop, newScope, set, v128 } from '@trestle/core/assembler';

/** Rows of a tile: 10 sums, 2 vectors of the right side, 1 of the left and a product are 14 of the 15 registers that V8 gives. */
export const TILE_ROWS = 5;
export const TILE_COLUMNS = 8;
/** Numbers of the inner dimension that one turn of the loop takes: two pairs. */
export const DEPTH_STEP = 4;

/** Up to 1 GiB. */
export const MOST_PAGES = 16_384;

/**
 * (a, b, c, turns, row): a tile of `rows` rows times one of `TILE_COLUMNS` columns, both of 16-bit integers in pairs along the inner
 * dimension, stored as 32-bit sums, which wrap. `row` is the bytes from one row of c to the next.
 *
 * @param bytes that an integer of the right side takes: 1 is widened as it is read, as memory is what few rows wait for
 */
function tile(rows: number, bytes: 1 | 2) {
  const scope = newScope(5);
  const [a, b, c, turns, row] = scope.parameters;
  if (!a || !b || !c || !turns || !row) throw new RangeError('five parameters');
  const sums = Array.from({ length: rows }, () => [scope.local('v128'), scope.local('v128')] as const);
  const [left, low, high] = [scope.local('v128'), scope.local('v128'), scope.local('v128')];
  const vector = (ahead: number, half: number) =>
    bytes === 2 ? v128.load(get(b), 32 * ahead + 16 * half) : v128.load8x8(get(b), 16 * ahead + 8 * half);
  const pair = (ahead: number) => [
    set(low, vector(ahead, 0)),
    set(high, vector(ahead, 1)),
    sums.map(([first, second], at) => [
      set(left, v128.loadSplat(get(a), (ahead * rows + at) * 4)),
      set(first, i32x4.add(get(first), i32x4.dotI16(get(left), get(low)))),
      set(second, i32x4.add(get(second), i32x4.dotI16(get(left), get(high)))),
    ]),
  ];
  const pairs = DEPTH_STEP / 2;
  const body = [
    sums.map(([first, second]) => [set(first, v128.ints(0)), set(second, v128.ints(0))]),
    loop(
      Array.from({ length: pairs }, (_, ahead) => pair(ahead)),
      set(a, i32.add(get(a), i32.const(pairs * rows * 4))),
      set(b, i32.add(get(b), i32.const(pairs * 16 * bytes))),
      set(turns, i32.sub(get(turns), i32.const(1))),
      branchIf(0, get(turns)),
    ),
    sums.map(([first, second]) => [
      v128.store(get(c), get(first)),
      v128.store(get(c), get(second), 16),
      set(c, i32.add(get(c), get(row))),
    ]),
  ];
  return scope.finish(body, `tile${rows}x${bytes}`);
}

/** The kernels for 1 to `TILE_ROWS` rows and right sides of 1 and 2 bytes, `tile5x1`, in a module that imports its memory. */
export const kernels = (): Uint8Array<ArrayBuffer> =>
  assemble(
    { initialPages: 0, maximumPages: MOST_PAGES, isShared: false },
    ([1, 2] as const).flatMap((bytes) => Array.from({ length: TILE_ROWS }, (_, at) => tile(at + 1, bytes))),
  );

import { i32, i32x4, type Value, v128 } from './assembler.ts';
import { hold, ints, type Lanes } from './vector-math.ts';

type Vector = Value<'v128'>;

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const PARITY = 0x1bd11bda;
const ROUNDS = 20;

/** Threefry-2x32 for four indices at a time; see `threefry2x32` for the source, and `ElementwiseFunction` for the words. */
export function randomBits(lanes: Lanes, key0: Vector, key1: Vector, index: Vector): Vector {
  const keys = [key0, key1, hold(lanes, v128.xor(v128.xor(key0, key1), ints(lanes, PARITY)))] as const;
  const key = (at: number): Vector => keys[at % 3] ?? key0;
  const counter1 = i32x4.shrU(v128.and(index, ints(lanes, 0x7fffffff)), i32.const(1));
  let x0 = hold(lanes, i32x4.add(i32x4.shr(index, i32.const(31)), key0));
  let x1 = hold(lanes, i32x4.add(counter1, key1));
  for (let round = 0; round < ROUNDS; round++) {
    const rotation = ROTATIONS[round % ROTATIONS.length] ?? 0;
    x0 = hold(lanes, i32x4.add(x0, x1));
    const turned = v128.or(i32x4.shl(x1, i32.const(rotation)), i32x4.shrU(x1, i32.const(32 - rotation)));
    x1 = hold(lanes, v128.xor(turned, x0));
    if (round % 4 === 3) {
      const turn = (round + 1) / 4;
      x0 = hold(lanes, i32x4.add(x0, key(turn)));
      x1 = hold(lanes, i32x4.add(i32x4.add(x1, key(turn + 1)), ints(lanes, turn)));
    }
  }
  return v128.select(x1, x0, i32x4.ne(v128.and(index, ints(lanes, 1)), ints(lanes, 0)));
}

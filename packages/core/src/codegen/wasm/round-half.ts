import { f32x4, i32x4, type Value, v128 } from './assembler.ts';
import { choose, floats, hold, ints, type Lanes } from './vector-math.ts';

type Vector = Value<'v128'>;

const [SIGN, EXPONENT] = [0x80000000 | 0, 0x7f800000];
/** The exponent of the smallest normal half, and that of a step between halves below the exponent of what it is added to. */
const [SMALLEST, STEP] = [0x38800000, 0x05000000];
/** Minus the exponent of a power of two is this minus its exponent. */
const TWICE_BIAS = 0x7f000000;
const TOO_LARGE = 65_536;

/**
 * The nearest numbers that float16 has, the even ones of two: whole numbers of the steps between halves of their size, or of the
 * smallest. From 65,520 on there is only infinity.
 */
export function roundHalf(lanes: Lanes, value: Vector): Vector {
  const x = hold(lanes, value);
  const exponent = i32x4.max(v128.and(x, ints(lanes, EXPONENT)), ints(lanes, SMALLEST));
  const step = hold(lanes, i32x4.sub(exponent, ints(lanes, STEP)));
  const perOne = i32x4.sub(ints(lanes, TWICE_BIAS), step);
  const rounded = hold(lanes, f32x4.mul(f32x4.nearest(f32x4.mul(x, perOne)), step));
  const infinite = v128.or(v128.and(x, ints(lanes, SIGN)), ints(lanes, EXPONENT));
  return choose(lanes, infinite, rounded, f32x4.ge(f32x4.abs(rounded), floats(lanes, TOO_LARGE)));
}

import type { Code, Value } from './code.ts';
import { doubleBytes, floatBytes, signedLeb, unsignedLeb } from './encoding.ts';
import {
  binary,
  load,
  memoryArgument,
  simd,
  store,
  unary,
  value,
  vBinary,
  vShift,
  vTernary,
  vUnary,
} from './operators.ts';

// Instructions of each type of value. Opcodes: WebAssembly core specification 3.0, appendix "Index of Instructions".

export const i32 = {
  const: (n: number): Value<'i32'> => value('i32', 0x41, signedLeb(n | 0)),
  eqz: unary('i32', 'i32', 0x45),
  eq: binary('i32', 'i32', 0x46),
  ne: binary('i32', 'i32', 0x47),
  lt: binary('i32', 'i32', 0x48),
  ltU: binary('i32', 'i32', 0x49),
  gt: binary('i32', 'i32', 0x4a),
  le: binary('i32', 'i32', 0x4c),
  ge: binary('i32', 'i32', 0x4e),
  add: binary('i32', 'i32', 0x6a),
  sub: binary('i32', 'i32', 0x6b),
  mul: binary('i32', 'i32', 0x6c),
  divU: binary('i32', 'i32', 0x6e),
  remU: binary('i32', 'i32', 0x70),
  and: binary('i32', 'i32', 0x71),
  or: binary('i32', 'i32', 0x72),
  xor: binary('i32', 'i32', 0x73),
  shl: binary('i32', 'i32', 0x74),
  shrU: binary('i32', 'i32', 0x76),
  load: load('i32', 0x28),
  /** A byte, without its sign. */
  load8: load('i32', 0x2d),
  store: store('i32', 0x36),
  truncF32: unary('f32', 'i32', 0xfc, 0x00),
};

export const f32 = {
  const: (n: number): Value<'f32'> => value('f32', 0x43, floatBytes(n)),
  load: load('f32', 0x2a),
  store: store('f32', 0x38),
  add: binary('f32', 'f32', 0x92),
  mul: binary('f32', 'f32', 0x94),
  max: binary('f32', 'f32', 0x97),
  demote: unary('f64', 'f32', 0xb6),
};

export const f64 = {
  const: (n: number): Value<'f64'> => value('f64', 0x44, doubleBytes(n)),
  load: load('f64', 0x2b),
  store: store('f64', 0x39),
  gt: binary('f64', 'i32', 0x64),
  ge: binary('f64', 'i32', 0x66),
  abs: unary('f64', 'f64', 0x99),
  nearest: unary('f64', 'f64', 0x9e),
  add: binary('f64', 'f64', 0xa0),
  sub: binary('f64', 'f64', 0xa1),
  mul: binary('f64', 'f64', 0xa2),
  div: binary('f64', 'f64', 0xa3),
  max: binary('f64', 'f64', 0xa5),
  promote: unary('f32', 'f64', 0xbb),
  convertI64: unary('i64', 'f64', 0xb9),
};

export const v128 = {
  load: load('v128', ...simd(0)),
  /** Eight bytes, each widened to 16 bits with its sign. */
  load8x8: load('v128', ...simd(1)),
  loadSplat: load('v128', ...simd(9)),
  load64Zero: load('v128', ...simd(93)),
  load32Zero: load('v128', ...simd(92)),
  store: store('v128', ...simd(11)),
  const: (...lanes: readonly [number, number, number, number]): Value<'v128'> =>
    value('v128', simd(12), [...new Uint8Array(Int32Array.from(lanes).buffer)]),
  floats: (n: number): Value<'v128'> =>
    value('v128', simd(12), [...new Uint8Array(Float32Array.of(n, n, n, n).buffer)]),
  ints: (n: number): Value<'v128'> =>
    value('v128', simd(12), [...new Uint8Array(Int32Array.of(n, n, n, n).buffer)]),
  not: vUnary(77),
  and: vBinary(78),
  andNot: vBinary(79),
  or: vBinary(80),
  xor: vBinary(81),
  /** Bits of `a` where the mask is set, of `b` elsewhere. */
  select: vTernary(82),
  anyTrue: unary('v128', 'i32', ...simd(83)),
  /** Writes one 32-bit lane. */
  store32Lane: (address: Value<'i32'>, stored: Value<'v128'>, lane: number, offset = 0): Code => [
    address.code,
    stored.code,
    simd(90),
    memoryArgument(offset),
    lane,
  ],
  load32Lane: (address: Value<'i32'>, into: Value<'v128'>, lane: number, offset = 0): Value<'v128'> =>
    value('v128', address.code, into.code, simd(86), memoryArgument(offset), lane),
  /** 32-bit lanes picked from `a` (0 to 3) and `b` (4 to 7). */
  shuffle: (
    a: Value<'v128'>,
    b: Value<'v128'>,
    ...lanes: readonly [number, number, number, number]
  ): Value<'v128'> =>
    value(
      'v128',
      a.code,
      b.code,
      simd(13),
      lanes.flatMap((l) => [4 * l, 4 * l + 1, 4 * l + 2, 4 * l + 3]),
    ),
};

export const i32x4 = {
  splat: unary('i32', 'v128', ...simd(17)),
  lane: (a: Value<'v128'>, lane: number): Value<'i32'> => value('i32', a.code, simd(27), lane),
  eq: vBinary(55),
  ne: vBinary(56),
  lt: vBinary(57),
  gt: vBinary(59),
  le: vBinary(61),
  ge: vBinary(63),
  abs: vUnary(160),
  neg: vUnary(161),
  shl: vShift(171),
  shr: vShift(172),
  shrU: vShift(173),
  add: vBinary(174),
  sub: vBinary(177),
  mul: vBinary(181),
  min: vBinary(182),
  max: vBinary(184),
  /** Pairs of 16-bit integers with their signs, multiplied and added up. */
  dotI16: vBinary(186),
  truncF32: vUnary(248),
  /** `v128.select` for masks that are all or nothing per lane: relaxed SIMD, one instruction. */
  relaxedSelect: vTernary(0x10b),
  /** Both doubles to the lower two integers. */
  truncF64Zero: vUnary(252),
};

export const f32x4 = {
  splat: unary('f32', 'v128', ...simd(19)),
  lane: (a: Value<'v128'>, lane: number): Value<'f32'> => value('f32', a.code, simd(31), lane),
  eq: vBinary(65),
  ne: vBinary(66),
  lt: vBinary(67),
  gt: vBinary(68),
  le: vBinary(69),
  ge: vBinary(70),
  ceil: vUnary(103),
  floor: vUnary(104),
  trunc: vUnary(105),
  nearest: vUnary(106),
  abs: vUnary(224),
  neg: vUnary(225),
  sqrt: vUnary(227),
  add: vBinary(228),
  sub: vBinary(229),
  mul: vBinary(230),
  div: vBinary(231),
  min: vBinary(232),
  max: vBinary(233),
  /** b < a ? b : a, and a < b ? b : a: one instruction where min and max, which look for NaN and signs of zeros, take eight. */
  pmin: vBinary(234),
  pmax: vBinary(235),
  convertI32: vUnary(250),
  /** a * b + c, rounded once or twice: relaxed SIMD. */
  relaxedMadd: vTernary(0x105),
  /** c - a * b, likewise. */
  relaxedNmadd: vTernary(0x106),
};

export const f64x2 = {
  lane: (a: Value<'v128'>, lane: number): Value<'f64'> => value('f64', a.code, simd(33), lane),
  splat: unary('f64', 'v128', ...simd(20)),
  abs: vUnary(236),
  /** As of `f32x4`. */
  pmin: vBinary(246),
  pmax: vBinary(247),
  nearest: vUnary(148),
  add: vBinary(240),
  sub: vBinary(241),
  mul: vBinary(242),
  /** Both lanes narrowed to the lower two floats. */
  demoteZero: vUnary(94),
  /** The lower two floats, widened. */
  promoteLow: vUnary(95),
};

export const i64 = {
  const: (n: number): Value<'i64'> => value('i64', 0x42, signedLeb(n)),
  load: load('i64', 0x29),
  store: store('i64', 0x37),
  eqz: unary('i64', 'i32', 0x50),
  eq: binary('i64', 'i32', 0x51),
  lt: binary('i64', 'i32', 0x53),
  add: binary('i64', 'i64', 0x7c),
  and: binary('i64', 'i64', 0x83),
  shl: binary('i64', 'i64', 0x86),
  /** With the sign. */
  shr: binary('i64', 'i64', 0x87),
  /** Saturates; of NaN it is 0. */
  truncF64: unary('f64', 'i64', 0xfc, 0x06),
};

export const i64x2 = {
  lane: (a: Value<'v128'>, lane: number): Value<'i64'> => value('i64', a.code, simd(29), lane),
  shl: vShift(203),
  add: vBinary(206),
  sub: vBinary(209),
};

/** On 32-bit words of shared memory; atomics need a true alignment of 4 (hint 2). */
const aligned = (offset: number): Code => [2, unsignedLeb(offset)];
export const atomic = {
  load: (address: Value<'i32'>, offset = 0): Value<'i32'> =>
    value('i32', address.code, 0xfe, 0x10, aligned(offset)),
  store: (address: Value<'i32'>, stored: Value<'i32'>, offset = 0): Code => [
    address.code,
    stored.code,
    0xfe,
    0x17,
    aligned(offset),
  ],
  /** Adds, and gives what was there before. */
  add: (address: Value<'i32'>, by: Value<'i32'>, offset = 0): Value<'i32'> =>
    value('i32', address.code, by.code, 0xfe, 0x1e, aligned(offset)),
};

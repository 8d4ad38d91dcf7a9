/**
 * A WebAssembly assembler: values and statements are nested lists of bytes that carry their type, and flatten once into a
 * module. Opcodes are from the WebAssembly core specification 3.0, appendix "Index of Instructions".
 */

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** Bytes, nested for cheap composition. A statement leaves nothing on the stack. */
export type Code = number | readonly Code[];

/** Code that leaves one value of a type on the stack. */
export interface Value<T extends ValueType = ValueType> {
  readonly type: T;
  readonly code: Code;
}

export interface Local<T extends ValueType = ValueType> {
  readonly type: T;
  readonly index: number;
}

const TYPE_BYTES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

export function unsignedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}

/** Of a whole number in the range of int32 or, as a float holds it exactly, beyond. */
export function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = ((rest % 128) + 128) % 128;
    rest = Math.floor(rest / 128);
    const isLast = (rest === 0 && low < 64) || (rest === -1 && low >= 64);
    bytes.push(isLast ? low : low + 128);
    if (isLast) return bytes;
  }
}

const floatBytes = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];
const doubleBytes = (value: number): number[] => [...new Uint8Array(Float64Array.of(value).buffer)];

const value = <T extends ValueType>(type: T, ...code: readonly Code[]): Value<T> => ({ type, code });

type Unary<A extends ValueType, R extends ValueType = A> = (a: Value<A>) => Value<R>;
type Binary<A extends ValueType, R extends ValueType = A> = (a: Value<A>, b: Value<A>) => Value<R>;

function unary<A extends ValueType, R extends ValueType>(
  _: A,
  type: R,
  ...opcode: readonly number[]
): Unary<A, R> {
  return (a) => value(type, a.code, opcode);
}
function binary<A extends ValueType, R extends ValueType>(
  _: A,
  type: R,
  ...opcode: readonly number[]
): Binary<A, R> {
  return (a, b) => value(type, a.code, b.code, opcode);
}

/** Alignment is a hint; 0 promises nothing. */
const memoryArgument = (offset: number): Code => [0, unsignedLeb(offset)];
type Load<R extends ValueType> = (address: Value<'i32'>, offset?: number) => Value<R>;
function load<R extends ValueType>(type: R, ...opcode: readonly number[]): Load<R> {
  return (address, offset = 0) => value(type, address.code, opcode, memoryArgument(offset));
}
type Store<A extends ValueType> = (address: Value<'i32'>, stored: Value<A>, offset?: number) => Code;
function store<A extends ValueType>(_: A, ...opcode: readonly number[]): Store<A> {
  return (address, stored, offset = 0) => [address.code, stored.code, opcode, memoryArgument(offset)];
}
/** SIMD opcodes have the prefix 0xfd and a LEB number. */
const simd = (opcode: number): number[] => [0xfd, ...unsignedLeb(opcode)];
const vUnary = (opcode: number): Unary<'v128'> => unary('v128', 'v128', ...simd(opcode));
const vBinary = (opcode: number): Binary<'v128'> => binary('v128', 'v128', ...simd(opcode));
type Ternary = (a: Value<'v128'>, b: Value<'v128'>, c: Value<'v128'>) => Value<'v128'>;
const vTernary =
  (opcode: number): Ternary =>
  (a, b, c) =>
    value('v128', a.code, b.code, c.code, simd(opcode));
type Shift = (a: Value<'v128'>, by: Value<'i32'>) => Value<'v128'>;
const vShift =
  (opcode: number): Shift =>
  (a, by) =>
    value('v128', a.code, by.code, simd(opcode));

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
  add: binary('f64', 'f64', 0xa0),
  max: binary('f64', 'f64', 0xa5),
  promote: unary('f32', 'f64', 0xbb),
};

export const v128 = {
  load: load('v128', ...simd(0)),
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
  truncF32: vUnary(248),
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
  convertI32: vUnary(250),
  /** a * b + c, rounded once or twice: relaxed SIMD. */
  relaxedMadd: vTernary(0x105),
  /** c - a * b, likewise. */
  relaxedNmadd: vTernary(0x106),
};

export const f64x2 = {
  lane: (a: Value<'v128'>, lane: number): Value<'f64'> => value('f64', a.code, simd(33), lane),
  splat: unary('f64', 'v128', ...simd(20)),
  nearest: vUnary(148),
  add: vBinary(240),
  sub: vBinary(241),
  mul: vBinary(242),
  /** Both lanes narrowed to the lower two floats. */
  demoteZero: vUnary(94),
  /** The lower two floats, widened. */
  promoteLow: vUnary(95),
};

export const i64 = { const: (n: number): Value<'i64'> => value('i64', 0x42, signedLeb(n)) };

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

export const get = <T extends ValueType>(local: Local<T>): Value<T> =>
  value(local.type, 0x20, unsignedLeb(local.index));
export const set = <T extends ValueType>(local: Local<T>, to: Value<T>): Code => [
  to.code,
  0x21,
  unsignedLeb(local.index),
];
export const tee = <T extends ValueType>(local: Local<T>, to: Value<T>): Value<T> =>
  value(local.type, to.code, 0x22, unsignedLeb(local.index));

const EMPTY = 0x40;
export const block = (...body: readonly Code[]): Code => [0x02, EMPTY, body, 0x0b];
export const loop = (...body: readonly Code[]): Code => [0x03, EMPTY, body, 0x0b];
export const when = (condition: Value<'i32'>, body: Code, otherwise?: Code): Code => [
  condition.code,
  0x04,
  EMPTY,
  body,
  otherwise === undefined ? [] : [0x05, otherwise],
  0x0b,
];
/** To the end of a block, or the start of a loop, so many levels out. */
export const branchIf = (depth: number, condition: Value<'i32'>): Code => [
  condition.code,
  0x0d,
  unsignedLeb(depth),
];
export const branch = (depth: number): Code => [0x0c, unsignedLeb(depth)];
/** Calls a function of the module, without results. */
export const call = (index: number, ...operands: readonly Value[]): Code => [
  operands.map((operand) => operand.code),
  0x10,
  unsignedLeb(index),
];
/** Calls a function that gives one value. */
export const callFor = <T extends ValueType>(
  type: T,
  index: number,
  ...operands: readonly Value[]
): Value<T> => value(type, call(index, ...operands));
export const fillMemory = (address: Value<'i32'>, byte: number, count: Value<'i32'>): Code => [
  address.code,
  i32.const(byte).code,
  count.code,
  0xfc,
  0x0b,
  0x00,
];
export const copyMemory = (to: Value<'i32'>, from: Value<'i32'>, count: Value<'i32'>): Code => [
  to.code,
  from.code,
  count.code,
  0xfc,
  0x0a,
  0x00,
  0x00,
];

/** Repeats while `from < to`, checked first; `from` is left at or beyond `to`. */
export const repeat = (from: Local<'i32'>, to: Value<'i32'>, step: number, ...body: readonly Code[]): Code =>
  when(
    i32.lt(get(from), to),
    loop(body, set(from, i32.add(get(from), i32.const(step))), branchIf(0, i32.lt(get(from), to))),
  );

export interface FunctionCode {
  /** Exported under this name, if there is one. */
  readonly name?: string;
  readonly parameters: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** Hands out the locals of one function. */
export interface Scope {
  readonly parameters: readonly Local<'i32'>[];
  local<T extends ValueType>(type: T): Local<T>;
  finish(body: Code, name?: string): FunctionCode;
}

/** A function whose parameters are all i32: addresses and counts. */
export function newScope(parameterCount: number): Scope {
  const locals: ValueType[] = [];
  const parameters = Array.from({ length: parameterCount }, (_, index) => ({ type: 'i32', index }) as const);
  return {
    parameters,
    local(type) {
      locals.push(type);
      return { type, index: parameterCount + locals.length - 1 };
    },
    finish: (body, name) => ({
      ...(name === undefined ? {} : { name }),
      parameters: parameters.map(() => 'i32'),
      locals,
      body,
    }),
  };
}

export interface MemoryImport {
  readonly initialPages: number;
  readonly maximumPages: number;
  readonly isShared: boolean;
}

function flatten(code: Code, into: number[]): void {
  if (typeof code === 'number') into.push(code);
  else for (const part of code) flatten(part, into);
}

const sized = (bytes: readonly number[]): number[] => [...unsignedLeb(bytes.length), ...bytes];
const list = (items: readonly (readonly number[])[]): number[] => [
  ...unsignedLeb(items.length),
  ...items.flat(),
];
const text = (string: string): number[] => sized([...new TextEncoder().encode(string)]);

/** A function of two doubles that gives one, imported as `env.name`; imports come first in the count of functions. */
export type Import = string;

/** The bytes of a module that imports the memory `env.memory` and functions, and exports its named functions. */
export function assemble(
  memory: MemoryImport,
  functions: readonly FunctionCode[],
  imports: readonly Import[] = [],
): Uint8Array<ArrayBuffer> {
  const types = functions.map((one) => [
    0x60,
    ...list(one.parameters.map((type) => [TYPE_BYTES[type]])),
    ...list([]),
  ]);
  const double = [TYPE_BYTES.f64];
  const importedType = [0x60, ...list([double, double]), ...list([double])];
  const importedFunctions = imports.map((name) => [
    ...text('env'),
    ...text(name),
    0x00,
    ...unsignedLeb(functions.length),
  ]);
  const importedMemory = [
    ...text('env'),
    ...text('memory'),
    0x02,
    memory.isShared ? 0x03 : 0x01,
    ...unsignedLeb(memory.initialPages),
    ...unsignedLeb(memory.maximumPages),
  ];
  const exported = functions.flatMap((one, index) =>
    one.name === undefined ? [] : [[...text(one.name), 0x00, ...unsignedLeb(imports.length + index)]],
  );
  const bodies = functions.map((one) => {
    const bytes: number[] = [];
    flatten([one.body, 0x0b], bytes);
    return sized([...list(one.locals.map((type) => [1, TYPE_BYTES[type]])), ...bytes]);
  });
  const section = (id: number, content: readonly number[]): number[] => [id, ...sized(content)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list([...types, importedType])),
    ...section(2, list([importedMemory, ...importedFunctions])),
    ...section(3, list(functions.map((_, index) => unsignedLeb(index)))),
    ...section(7, list(exported)),
    ...section(10, list(bodies)),
  ]);
}

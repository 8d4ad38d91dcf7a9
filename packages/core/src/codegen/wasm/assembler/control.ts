import type { Code, Local, Value, ValueType } from './code.ts';
import { unsignedLeb } from './encoding.ts';
import { i32 } from './instructions.ts';
import { value } from './operators.ts';

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

import type { Code, Value, ValueType } from './code.ts';
import { unsignedLeb } from './encoding.ts';

// What instructions are made with: a function from operands to code, for each form that operands take.

export const value = <T extends ValueType>(type: T, ...code: readonly Code[]): Value<T> => ({ type, code });

export type Unary<A extends ValueType, R extends ValueType = A> = (a: Value<A>) => Value<R>;
export type Binary<A extends ValueType, R extends ValueType = A> = (a: Value<A>, b: Value<A>) => Value<R>;

export function unary<A extends ValueType, R extends ValueType>(
  _: A,
  type: R,
  ...opcode: readonly number[]
): Unary<A, R> {
  return (a) => value(type, a.code, opcode);
}
export function binary<A extends ValueType, R extends ValueType>(
  _: A,
  type: R,
  ...opcode: readonly number[]
): Binary<A, R> {
  return (a, b) => value(type, a.code, b.code, opcode);
}

/** Alignment is a hint; 0 promises nothing. */
export const memoryArgument = (offset: number): Code => [0, unsignedLeb(offset)];
export type Load<R extends ValueType> = (address: Value<'i32'>, offset?: number) => Value<R>;
export function load<R extends ValueType>(type: R, ...opcode: readonly number[]): Load<R> {
  return (address, offset = 0) => value(type, address.code, opcode, memoryArgument(offset));
}
export type Store<A extends ValueType> = (address: Value<'i32'>, stored: Value<A>, offset?: number) => Code;
export function store<A extends ValueType>(_: A, ...opcode: readonly number[]): Store<A> {
  return (address, stored, offset = 0) => [address.code, stored.code, opcode, memoryArgument(offset)];
}
/** SIMD opcodes have the prefix 0xfd and a LEB number. */
export const simd = (opcode: number): number[] => [0xfd, ...unsignedLeb(opcode)];
export const vUnary = (opcode: number): Unary<'v128'> => unary('v128', 'v128', ...simd(opcode));
export const vBinary = (opcode: number): Binary<'v128'> => binary('v128', 'v128', ...simd(opcode));
export type Ternary = (a: Value<'v128'>, b: Value<'v128'>, c: Value<'v128'>) => Value<'v128'>;
export const vTernary =
  (opcode: number): Ternary =>
  (a, b, c) =>
    value('v128', a.code, b.code, c.code, simd(opcode));
export type Shift = (a: Value<'v128'>, by: Value<'i32'>) => Value<'v128'>;
export const vShift =
  (opcode: number): Shift =>
  (a, by) =>
    value('v128', a.code, by.code, simd(opcode));

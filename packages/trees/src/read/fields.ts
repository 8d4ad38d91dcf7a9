import { TreesError } from '../trees-error.ts';

/** What a model in a file says, before anything of it is believed. */
export type Fields = Readonly<Record<string, unknown>>;

/** @param where `learner.objective` */
export const malformed = (where: string, is: string): TreesError =>
  new TreesError(
    'MODEL',
    `"${where}" ${is}.`,
    'Save the model again: what was given is not whole, or another format.',
    { where },
  );

/** What is well said, and not to be had here. */
export const unsupported = (what: string, hint: string): TreesError =>
  new TreesError('MODEL', `${what} is not read.`, hint, { what });

export function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(where, 'is no object');
  return Object.fromEntries(Object.entries(value));
}

/** A number, or a text that is one. */
export function numberOf(value: unknown, where: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw malformed(where, 'is no finite number');
  return number;
}

export function countOf(value: unknown, where: string, most: number): number {
  const count = numberOf(value, where);
  if (!Number.isInteger(count) || count < 0 || count > most)
    throw malformed(where, `is ${count}, which is no whole number from 0 to ${most}`);
  return count;
}

export function textOf(value: unknown, where: string): string {
  if (typeof value !== 'string') throw malformed(where, 'is no text');
  return value;
}

export function listOf(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(where, 'is no list');
  return value;
}

/** Finite numbers, true and false as 1 and 0. @param length how many there must be, if that is known */
export function numbersOf(value: unknown, where: string, length?: number): Float64Array {
  const list = listOf(value, where);
  if (length !== undefined && list.length !== length)
    throw malformed(where, `has ${list.length} entries where ${length} are expected`);
  return Float64Array.from(list, (one, at) =>
    typeof one === 'boolean' ? Number(one) : numberOf(one, `${where}[${at}]`),
  );
}

import { type ElementType, elementTypeOf } from '../format/element-types.ts';
import type { Attribute, OnnxGraph, ValueType } from '../format/model.ts';
import { fromData, type Tensor } from '../tensor/tensor.ts';

/** How an attribute is read: which kinds it may be, and its value, also when it is left out. */
export interface Spec<T> {
  readonly kinds: readonly Attribute['kind'][];
  /** @throws Refusal saying what is wrong with it */
  readonly read: (attribute: Attribute | undefined) => T;
}

/** Why an attribute is refused: the rest of the sentence behind its name. */
export class Refusal extends Error {}

export type ValuesOf<S extends Record<string, Spec<unknown>>> = {
  readonly [K in keyof S]: S[K] extends Spec<infer T> ? T : never;
};

function spec<T>(kind: Attribute['kind'], parse: (value: unknown) => T): Spec<T | undefined> {
  // An attribute's value is of its kind, which the planner compares before it reads.
  return { kinds: [kind], read: (attribute) => (attribute ? parse(attribute.value) : undefined) };
}

function withDefault<T>(own: Spec<T | undefined>, otherwise: T): Spec<T> {
  return { ...own, read: (attribute) => own.read(attribute) ?? otherwise };
}

export function required<T>(own: Spec<T | undefined>): Spec<T> {
  return {
    ...own,
    read(attribute) {
      const value = own.read(attribute);
      if (value === undefined) throw new Refusal('is missing');
      return value;
    },
  };
}

/** Another condition on the value. */
export function checked<T>(own: Spec<T>, isRight: (value: T) => boolean, wanted: string): Spec<T> {
  return {
    ...own,
    read(attribute) {
      const value = own.read(attribute);
      if (isRight(value)) return value;
      throw new Refusal(`is ${String(value)}, and only ${wanted} is honoured`);
    },
  };
}

const asInt = (value: unknown): number => Number(value);

export function int(): Spec<number | undefined>;
export function int(otherwise: number): Spec<number>;
export function int(otherwise?: number): Spec<number | undefined> {
  const own = spec('int', asInt);
  return otherwise === undefined ? own : withDefault(own, otherwise);
}

/** 0 or 1, as a boolean. */
export const flag = (otherwise: boolean): Spec<boolean> => ({
  kinds: ['int'],
  read(attribute) {
    if (!attribute) return otherwise;
    const value = Number(attribute.value);
    if (value === 0 || value === 1) return value === 1;
    throw new Refusal(`is ${value}, and only 0 and 1 are known`);
  },
});

export function ints(): Spec<readonly number[] | undefined>;
export function ints(otherwise: readonly number[]): Spec<readonly number[]>;
export function ints(otherwise?: readonly number[]): Spec<readonly number[] | undefined> {
  const own = spec('ints', (value) => (value as readonly (number | bigint)[]).map(Number));
  return otherwise === undefined ? own : withDefault(own, otherwise);
}

/** Integers that are exact beyond 2^53. */
export const bigints = (): Spec<readonly bigint[] | undefined> =>
  spec('ints', (value) => (value as readonly (number | bigint)[]).map(BigInt));
export const bigint = (otherwise: bigint): Spec<bigint> =>
  withDefault(
    spec('int', (value) => BigInt(value as number)),
    otherwise,
  );

export function float(): Spec<number | undefined>;
export function float(otherwise: number): Spec<number>;
export function float(otherwise?: number): Spec<number | undefined> {
  const own = spec('float', (value) => value as number);
  // A file holds float32: the default is that of a file that says it.
  return otherwise === undefined ? own : withDefault(own, Math.fround(otherwise));
}

export function floatList(): Spec<readonly number[] | undefined>;
export function floatList(otherwise: readonly number[]): Spec<readonly number[]>;
export function floatList(otherwise?: readonly number[]): Spec<readonly number[] | undefined> {
  const own = spec('floats', (value) => value as readonly number[]);
  return otherwise === undefined ? own : withDefault(own, otherwise);
}

export function string(): Spec<string | undefined>;
export function string(otherwise: string): Spec<string>;
export function string(otherwise?: string): Spec<string | undefined> {
  const own = spec('string', (value) => value as string);
  return otherwise === undefined ? own : withDefault(own, otherwise);
}

export function strings(): Spec<readonly string[] | undefined>;
export function strings(otherwise: readonly string[]): Spec<readonly string[]>;
export function strings(otherwise?: readonly string[]): Spec<readonly string[] | undefined> {
  const own = spec('strings', (value) => value as readonly string[]);
  return otherwise === undefined ? own : withDefault(own, otherwise);
}

/** One of a few words; the first is what is meant when it is left out. */
export const choice = <const W extends string>(first: W, ...rest: W[]): Spec<W> => ({
  kinds: ['string'],
  read(attribute) {
    if (!attribute) return first;
    const found = [first, ...rest].find((word) => word === attribute.value);
    if (found !== undefined) return found;
    throw new Refusal(`is "${String(attribute.value)}", and ${[first, ...rest].join(', ')} are known`);
  },
});

export const tensor = (): Spec<Tensor | undefined> =>
  spec('tensor', (value) => fromData(value as Parameters<typeof fromData>[0]));

/** A number of onnx.proto3's data types, as a type. */
export const elementType = (): Spec<ElementType | undefined> =>
  spec('int', (value) => elementTypeOf(Number(value), 'The attribute'));

export const valueType = (): Spec<ValueType | undefined> => spec('type', (value) => value as ValueType);

/** A graph as an attribute; the planner replaces it by a body that runs. */
export const graph = (): Spec<OnnxGraph> => required(optionalGraph());
export const optionalGraph = (): Spec<OnnxGraph | undefined> => spec('graph', (value) => value as OnnxGraph);

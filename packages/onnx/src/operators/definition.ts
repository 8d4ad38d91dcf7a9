import type { Tensor as CoreTensor } from '@trestle/core';
import type { OnnxGraph, ValueType } from '../format/model.ts';
import type { OnnxError } from '../onnx-error.ts';
import { sizeOf, type Tensor, type Value } from '../tensor/tensor.ts';
import type { Spec, ValuesOf } from './attributes.ts';
import type { InputsOf } from './signature.ts';

/** A graph inside a node, planned. */
export interface Body {
  readonly inputCount: number;
  readonly outputTypes: readonly (ValueType | undefined)[];
  run(inputs: readonly (Value | undefined)[]): Promise<readonly Value[]>;
}

/** What an operator may ask of the node that it runs for. */
export interface Call {
  readonly opset: number;
  /** Which outputs somebody uses. */
  readonly wanted: readonly boolean[];
  /** A weight as the core's kernel has packed it for a recording. */
  packed(index: number): CoreTensor | undefined;
  /** An input by its index, where it lies on the host: a kernel of the core gets shapes and axes so. */
  host(index: number): Tensor | undefined;
  /** The element types that the planner found for the outputs. */
  readonly outputTypes: readonly (ValueType | undefined)[];
  /** The planned graphs of the node, by attribute. */
  body(attribute: string): Body;
  /** Random bits for a node that names no seed: others at each call, but the same for a session that is opened with a seed. */
  randomSeed(): number;
  /** Counts a turn of a loop against the limit of a run. @throws TRS_ONNX_LIMIT */
  turn(): void;
  fail(reason: string): OnnxError;
}

export type Result = Value | readonly (Value | undefined)[];

/** The same work on tensors of the core: float32 only, for nodes whose work is large. */
export interface CoreKernel<A = never> {
  /** Multiplications and additions, roughly. */
  readonly work: (dims: readonly (readonly number[])[], attributes: A) => number;
  /** Inputs that stay on the host, such as shapes and axes; a recording takes those that do not change from run to run. */
  readonly host?: readonly number[];
  /** A weight in the form in which many runs use it, computed at once; undefined where it stays as it is. */
  readonly pack?: (
    index: number,
    weight: CoreTensor,
    dims: readonly (readonly number[])[],
    attributes: A,
  ) => CoreTensor | undefined;
  /** Whether each element of the output is made of those at its place alone: then it does not matter how the inputs lie. */
  readonly isElementwise?: true;
  /** Undefined where the core cannot do it. */
  readonly run: (
    inputs: readonly (CoreTensor | undefined)[],
    attributes: A,
    call: Call,
  ) => CoreTensor | undefined;
}

/** What a node has, before anything is run. */
export interface Given {
  readonly hasInput: (index: number) => boolean;
  /** Of its inputs; undefined where it is not known, or the input is left out. */
  readonly types: readonly (ValueType | undefined)[];
  readonly hasOutput: (index: number) => boolean;
  readonly outputCount: number;
}

interface Extras<A> {
  /** Types that the names of outputs stand for and no input says. */
  readonly types?: (
    attributes: A,
    inputs: readonly (ValueType | undefined)[],
  ) => Readonly<Record<string, ValueType | undefined>>;
  /** Why a node with these attributes, inputs and types is refused when its model is opened. */
  readonly refuse?: (attributes: A, inputCount: number, given: Given) => string | undefined;
  /** Types of the inputs of each graph of the node, and of the node's outputs from those of the graphs. */
  readonly bodies?: (
    inputs: readonly (ValueType | undefined)[],
    attributes: A,
    graphs: Readonly<Record<string, OnnxGraph>>,
  ) => Readonly<Record<string, readonly (ValueType | undefined)[]>>;
  readonly bodyOutputs?: (
    bodies: Readonly<Record<string, readonly (ValueType | undefined)[]>>,
    inputs: readonly (ValueType | undefined)[],
    attributes: A,
  ) => readonly (ValueType | undefined)[] | string;
  readonly core?: CoreKernel<A>;
  /** Turns the attributes into what the work needs, once for a session. @throws Refusal */
  readonly prepare?: (attributes: A) => unknown;
}

/** An operator as one version of its operator set defines it. */
export interface Definition extends Extras<never> {
  readonly signature: string;
  readonly attributes: Readonly<Record<string, Spec<unknown>>>;
  readonly run: (
    inputs: readonly (Value | undefined)[],
    attributes: never,
    call: Call,
  ) => Result | Promise<Result>;
}

/** An operator's definitions by the version of the operator set from which on each holds; undefined from where it is gone. */
export type Versions = Readonly<Record<number, Definition | undefined>>;

/** Operators by name. */
export type Operators = Readonly<Record<string, Versions>>;

/**
 * Defines an operator: its inputs and outputs, its attributes, and what it does with them. What is not named here is refused
 * when a model is opened.
 */
export function op<const S extends string, const A extends Record<string, Spec<unknown>>>(
  signature: S,
  attributes: A,
  run: (inputs: InputsOf<S>, attributes: ValuesOf<A>, call: Call) => Result | Promise<Result>,
  extras: Extras<ValuesOf<A>> = {},
): Definition {
  // The planner has compared inputs and attributes with the signature: from here on they are what `run` says.
  return { ...extras, signature, attributes, run } as unknown as Definition;
}

/** Defines an operator whose attributes are large: they are made ready once, when a model is opened. */
export function prepared<const S extends string, const A extends Record<string, Spec<unknown>>, P>(
  signature: S,
  attributes: A,
  prepare: (attributes: ValuesOf<A>) => P,
  run: (inputs: InputsOf<S>, ready: P, call: Call) => Result,
  extras: Omit<Extras<ValuesOf<A>>, 'prepare' | 'core'> = {},
): Definition {
  // The planner gives to `run` what `prepare` has made.
  const definition = {
    ...extras,
    prepare,
    signature,
    attributes,
    run: (inputs: InputsOf<S>, ready: P, call: Call) => run(inputs, ready, call),
  };
  return definition as unknown as Definition;
}

/**
 * The work of an operator that goes over its elements one by one: the core does several at once, and together with what stands before
 * and behind, which pays for the way there from some ten thousands on.
 */
export const elementwise = (dims: readonly (readonly number[])[]): number =>
  8 * dims.reduce((most, one) => Math.max(most, sizeOf(one)), 0);

/** A kernel that goes over elements: inputs stretch as NumPy's do. */
export const eachElement = <A>(run: CoreKernel<A>['run']): CoreKernel<A> => ({
  work: elementwise,
  isElementwise: true,
  run,
});

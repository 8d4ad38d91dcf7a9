import { type ElementType, isElementType } from './element-types.ts';

export type { ElementType } from './element-types.ts';

/**
 * What a value is: a tensor of an element type, or a list, a table or an optional of values, written as ONNX Runtime prints
 * them: `sequence<float32>`, `map<int64,float32>`, `optional<sequence<string>>`.
 */
export type ValueType = ElementType | `${'sequence' | 'map' | 'optional'}<${string}>`;

/** Whether values of the type are tensors. */
export const isTensorType = (type: ValueType): type is ElementType => isElementType(type);

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/**
 * A tensor's values in row-major order. A typed array holds them exactly (64-bit integers as bigint; float16 and the smaller
 * floats as float32; booleans as 0 and 1); lists of numbers are taken where they are exact.
 */
export interface TensorData {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: TypedArray | readonly (number | bigint)[] | readonly string[];
}

/** A graph's input or output that is no tensor: its items in order, or an absent value. */
export interface SequenceData {
  readonly name: string;
  readonly type: `${'sequence' | 'optional'}<${string}>`;
  readonly items: readonly ValueData[];
  readonly dims?: undefined;
  readonly data?: undefined;
}

/** A table, such as a class's name to its probability. */
export interface MapData {
  readonly name: string;
  readonly type: `map<${string}>`;
  readonly entries: ReadonlyMap<string | bigint, number | string | bigint>;
  readonly dims?: undefined;
  readonly data?: undefined;
}

export type ValueData = TensorData | SequenceData | MapData;

/** Whether a value is a tensor. */
export const isTensorData = (value: ValueData): value is TensorData => isTensorType(value.type);

/** An integer that a double cannot hold is a bigint. */
export type Integer = number | bigint;

export type Attribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: Integer }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: TensorData }
  | { readonly kind: 'graph'; readonly value: OnnxGraph }
  | { readonly kind: 'type'; readonly value: ValueType }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly Integer[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensors'; readonly value: readonly TensorData[] }
  /** In a function: the attribute of the node that calls it. */
  | { readonly kind: 'reference'; readonly value: string };

export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  /** '' is ai.onnx. */
  readonly domain: string;
  /** Names of values; '' is an optional one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Which function of the name is meant, where there are several. */
  readonly overload?: string;
}

/** A graph's input or output. A symbolic length is its name; undefined where the file says nothing of the shape. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ValueType;
  readonly dims: readonly (number | string)[];
  /** The file leaves the number of axes open. */
  readonly isRankless?: boolean;
  /** The file leaves the type open, as graphs in nodes may; `type` is then no word of its. */
  readonly isUntyped?: boolean;
}

export interface OnnxGraph {
  readonly name: string;
  /** In an order in which every value is made before it is used. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly TensorData[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

export interface Opset {
  readonly domain: string;
  readonly version: number;
}

/** A function of the model: nodes that stand for an operator. */
export interface OnnxFunction {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes that a call may give, with their defaults. */
  readonly attributes: Readonly<Record<string, Attribute | undefined>>;
  readonly nodes: readonly OnnxNode[];
  readonly opsets: readonly Opset[];
}

/** An ONNX file. */
export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  readonly producerVersion?: string;
  readonly opsets: readonly Opset[];
  readonly graph: OnnxGraph;
  /** `metadata_props`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly functions?: readonly OnnxFunction[];
}

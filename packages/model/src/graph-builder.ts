import type { Attribute, OnnxNode, TensorData } from '@trestle/onnx';

export const ints = (...value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const int = (value: number): Attribute => ({ kind: 'int', value });
export const floats = (value: readonly number[]): Attribute => ({ kind: 'floats', value });
export const strings = (value: readonly string[]): Attribute => ({ kind: 'strings', value });

/** Collects nodes; every node's first output is named after it. */
export interface GraphBuilder {
  readonly nodes: OnnxNode[];
  readonly initializers: TensorData[];
  add(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    domain?: string,
    /** More outputs than one. */
    outputs?: number,
  ): string;
  constant(
    type: 'float32' | 'int64' | 'int32',
    dims: readonly number[],
    data: Float32Array | readonly number[],
  ): string;
}

export function graphBuilder(): GraphBuilder {
  const nodes: OnnxNode[] = [];
  const initializers: TensorData[] = [];
  return {
    nodes,
    initializers,
    add(operator, inputs, attributes = {}, domain = '', outputs = 1) {
      const name = `${operator}_${nodes.length}`;
      const more = Array.from({ length: outputs - 1 }, (_, index) => `${name}_${index + 1}`);
      nodes.push({ name, operator, domain, inputs, outputs: [name, ...more], attributes });
      return name;
    },
    constant(type, dims, data) {
      const name = `constant_${initializers.length}`;
      initializers.push({ name, type, dims, data });
      return name;
    },
  };
}

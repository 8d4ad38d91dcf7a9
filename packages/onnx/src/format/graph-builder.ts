import type { Attribute, OnnxModel, OnnxNode, TensorData } from './model.ts';

export const ints = (...value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const int = (value: number): Attribute => ({ kind: 'int', value });
export const floats = (value: readonly number[]): Attribute => ({ kind: 'floats', value });
export const strings = (value: readonly string[]): Attribute => ({ kind: 'strings', value });

/** Collects the nodes and weights of a graph; every node's first output is named after it. */
export interface GraphBuilder {
  readonly nodes: OnnxNode[];
  readonly initializers: TensorData[];
  /** The operator sets that the nodes need, each in the newest version that one of them asked for. */
  opsets(): OnnxModel['opsets'];
  /** Says that a node needs an operator set in this version, or a newer one. */
  require(domain: string, version: number): void;
  /** Adds a node. @returns the name of its first output */
  add(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    domain?: string,
    /** More outputs than one. */
    outputs?: number,
  ): string;
  /** Adds a weight. @returns its name */
  constant(type: TensorData['type'], dims: readonly number[], data: TensorData['data']): string;
}

/** Adds nodes that make something of a value. @returns the name of what they make */
export type GraphPart = (graph: GraphBuilder, input: string) => string;

/** @param opsets what every graph asks for, at least */
export function graphBuilder(opsets: OnnxModel['opsets']): GraphBuilder {
  const nodes: OnnxNode[] = [];
  const initializers: TensorData[] = [];
  const versions = new Map(opsets.map(({ domain, version }) => [domain, version]));
  return {
    nodes,
    initializers,
    opsets: () => [...versions].map(([domain, version]) => ({ domain, version })),
    require(domain, version) {
      versions.set(domain, Math.max(version, versions.get(domain) ?? version));
    },
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

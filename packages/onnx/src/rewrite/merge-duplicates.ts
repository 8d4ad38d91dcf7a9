import type { Attribute, OnnxNode } from '../format/model.ts';
import { isPure, type Rule, renamed } from './rule.ts';

/** Nodes that do the same with the same inputs are one. */
export const mergeDuplicates: Rule = {
  name: 'the same twice',
  apply({ graph, kept }) {
    const first = new Map<string, OnnxNode>();
    const names = new Map<string, string>();
    const nodes: OnnxNode[] = [];
    for (const given of graph.nodes) {
      const [node = given] = renamed([given], names);
      const key = keyOf(node);
      const same = key === undefined ? undefined : first.get(key);
      if (!same || node.outputs.some((name) => kept.has(name))) {
        if (key !== undefined && !same) first.set(key, node);
        nodes.push(node);
        continue;
      }
      for (const [index, name] of node.outputs.entries())
        if (name) names.set(name, same.outputs[index] ?? '');
    }
    if (nodes.length === graph.nodes.length) return undefined;
    return { hits: graph.nodes.length - nodes.length, graph: { ...graph, nodes } };
  },
};

/** Longer lists are weights (a forest is nothing else), which nobody writes twice, and which would be read here to no end. */
const LONGEST = 64;

/** Undefined of nodes that are not compared: random ones, and those with tensors, graphs or long lists in them. */
function keyOf(node: OnnxNode): string | undefined {
  const { domain, operator, inputs, outputs, attributes, overload = '' } = node;
  const all = Object.entries(attributes);
  if (!isPure(node) || all.some(([, attribute]) => isLarge(attribute))) return undefined;
  // An output that is left out may be one that the other names.
  const shape = outputs.map((name) => name !== '');
  const sorted = all.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([domain, operator, overload, inputs, shape, sorted], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? '-0' : exact(value),
  );
}

const isLarge = (attribute: Attribute): boolean => {
  const { kind } = attribute;
  if (kind === 'ints' || kind === 'floats' || kind === 'strings') return attribute.value.length > LONGEST;
  return kind.startsWith('tensor') || kind === 'reference';
};

/** JSON has no word for these: they would all be null. */
const exact = (value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

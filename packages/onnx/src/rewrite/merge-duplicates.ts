import type { OnnxNode } from '../format/model.ts';
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

/** Undefined of nodes that are not compared: random ones, and those with tensors or graphs in them. */
function keyOf(node: OnnxNode): string | undefined {
  const { domain, operator, inputs, outputs, attributes, overload = '' } = node;
  const all = Object.entries(attributes);
  if (!isPure(node) || all.some(([, { kind }]) => kind.startsWith('tensor') || kind === 'reference'))
    return undefined;
  // An output that is left out may be one that the other names.
  const shape = outputs.map((name) => name !== '');
  const sorted = all.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([domain, operator, overload, inputs, shape, sorted], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? '-0' : exact(value),
  );
}

/** JSON has no word for these: they would all be null. */
const exact = (value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

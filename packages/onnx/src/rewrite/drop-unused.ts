import type { OnnxNode } from '../format/model.ts';
import { type Rule, renamed } from './rule.ts';

/** What no output needs is not computed, and weights that nothing reads are not kept. */
export const dropUnused: Rule = {
  name: 'what nothing reads',
  apply({ graph, kept }) {
    const needed = new Set(kept);
    const nodes: OnnxNode[] = [];
    for (const node of graph.nodes.toReversed()) {
      if (!node.outputs.some((name) => needed.has(name))) continue;
      for (const name of node.inputs) needed.add(name);
      nodes.push(node);
    }
    const fed = new Set(graph.inputs.map(({ name }) => name));
    const initializers = graph.initializers.filter(({ name }) => needed.has(name) || fed.has(name));
    const hits = graph.nodes.length - nodes.length + graph.initializers.length - initializers.length;
    return hits === 0 ? undefined : { hits, graph: { ...graph, nodes: nodes.reverse(), initializers } };
  },
};

/** A value by another name. */
export const skipIdentities: Rule = {
  name: 'a value by another name',
  apply({ graph, kept }) {
    const names = new Map<string, string>();
    const nodes: OnnxNode[] = [];
    for (const given of graph.nodes) {
      const [node = given] = renamed([given], names);
      const [output = ''] = node.outputs;
      const [input = ''] = node.inputs;
      if (node.operator === 'Identity' && node.domain === '' && input !== '' && !kept.has(output))
        names.set(output, input);
      else nodes.push(node);
    }
    return names.size === 0 ? undefined : { hits: names.size, graph: { ...graph, nodes } };
  },
};

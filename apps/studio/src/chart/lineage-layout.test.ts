import { describe, expect, it } from 'vitest';
import type { Trace } from '../answers.ts';
import { NODE, placeNodes } from './lineage-layout.ts';

const trace = (edges: readonly (readonly [string, string])[]): Trace => ({
  ref: 'x',
  nodes: [...new Set(edges.flat())].map((ref) => ({ ref, kind: 'k', distance: 0 })),
  edges: edges.map(([from, to]) => ({ from, to, kind: 'made' })),
  truncated: false,
});

describe('placeNodes', () => {
  it('puts every node right of all its sources, and no two in one place', () => {
    const graph = trace([
      ['file', 'data1'],
      ['data1', 'run1'],
      ['run1', 'model1'],
      ['model1', 'deployment'],
      ['deployment', 'data2'],
      ['data1', 'data2'],
      ['data2', 'run2'],
      ['run2', 'model2'],
      ['model2', 'deployment2'],
    ]);
    const { nodes, width, height } = placeNodes(graph);
    const x = new Map(nodes.map((node) => [node.ref, node.x]));
    for (const edge of graph.edges) expect(x.get(edge.to)).toBeGreaterThan(x.get(edge.from) ?? 0);
    expect(new Set(nodes.map((node) => `${node.x},${node.y}`)).size).toBe(nodes.length);
    expect(width).toBe(8 * (NODE.width + NODE.gapX) + NODE.width);
    expect(height).toBe(NODE.height);
  });

  it('survives a circle', () => {
    const { nodes } = placeNodes(
      trace([
        ['a', 'b'],
        ['b', 'a'],
        ['a', 'c'],
      ]),
    );
    expect(nodes).toHaveLength(3);
  });

  it('draws a single node', () => {
    const alone: Trace = {
      ref: 'a',
      nodes: [{ ref: 'a', kind: 'k', distance: 0 }],
      edges: [],
      truncated: false,
    };
    expect(placeNodes(alone)).toMatchObject({ width: NODE.width, height: NODE.height });
  });
});

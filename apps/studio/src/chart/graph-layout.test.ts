import { describe, expect, it } from 'vitest';
import { NODE, placeNodes } from './graph-layout.ts';

const trace = (edges: readonly (readonly [string, string])[]): Parameters<typeof placeNodes>[0] => ({
  nodes: [...new Set(edges.flat())].map((ref) => ({ ref, kind: 'k' })),
  edges: edges.map(([from, to]) => ({ from, to, kind: 'made' })),
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
    // The edge from data1 to data2 passes below the boxes between them, not behind them.
    expect(height).toBe(2 * NODE.height + NODE.gapY);
  });

  it('leads no edge through a box', () => {
    const { nodes, edges } = placeNodes(
      trace([
        ...Array.from({ length: 12 }, (_, k) => [`model${k % 3}`, `deployment${k}`] as const),
        ...Array.from({ length: 12 }, (_, k) => [`deployment${k}`, 'prediction'] as const),
        ...Array.from({ length: 3 }, (_, k) => [`model${k}`, 'prediction'] as const),
      ]),
    );
    expect(nodes.length).toBe(16);
    for (const edge of edges) {
      for (const [x, y] of edge.points.slice(1, -1)) {
        const hit = nodes.find(
          (node) => x >= node.x && x <= node.x + NODE.width && y > node.y && y < node.y + NODE.height,
        );
        expect(hit).toBeUndefined();
      }
    }
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
    const alone: Parameters<typeof placeNodes>[0] = {
      nodes: [{ ref: 'a', kind: 'k' }],
      edges: [],
    };
    expect(placeNodes(alone)).toMatchObject({ width: NODE.width, height: NODE.height });
  });
});

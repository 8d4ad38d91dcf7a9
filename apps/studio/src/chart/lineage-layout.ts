import type { Trace } from '../answers.ts';

export interface PlacedNode {
  readonly ref: string;
  readonly kind: string;
  readonly x: number;
  readonly y: number;
}

export const NODE = { width: 170, height: 44, gapX: 36, gapY: 18 } as const;

/**
 * Places a lineage graph from left (what it was made from) to right (what it went into): a node stands one column right
 * of its furthest source, and in a column the nodes are ordered by where their sources stand.
 */
export function placeNodes(trace: Trace): { nodes: PlacedNode[]; width: number; height: number } {
  const sources = new Map<string, string[]>();
  for (const edge of trace.edges) sources.set(edge.to, [...(sources.get(edge.to) ?? []), edge.from]);
  const columnOf = new Map<string, number>();
  const column = (ref: string, seen: ReadonlySet<string>): number => {
    const known = columnOf.get(ref);
    if (known !== undefined) return known;
    // A circle cannot be; if the server sent one, it is cut rather than followed for ever.
    const before = (sources.get(ref) ?? []).filter((source) => !seen.has(source));
    const place = Math.max(-1, ...before.map((source) => column(source, new Set([...seen, ref])))) + 1;
    columnOf.set(ref, place);
    return place;
  };
  const columns: string[][] = [];
  for (const { ref } of trace.nodes) {
    const at = column(ref, new Set());
    columns[at] = [...(columns[at] ?? []), ref];
  }
  const rowOf = new Map<string, number>();
  for (const refs of columns) {
    const weight = (ref: string): number => {
      const rows = (sources.get(ref) ?? []).map((source) => rowOf.get(source) ?? 0);
      return rows.length === 0 ? 0 : rows.reduce((total, row) => total + row, 0) / rows.length;
    };
    for (const [row, ref] of (refs ?? []).toSorted((a, b) => weight(a) - weight(b)).entries())
      rowOf.set(ref, row);
  }
  const nodes = trace.nodes.map(({ ref, kind }) => ({
    ref,
    kind,
    x: (columnOf.get(ref) ?? 0) * (NODE.width + NODE.gapX),
    y: (rowOf.get(ref) ?? 0) * (NODE.height + NODE.gapY),
  }));
  return {
    nodes,
    width: Math.max(0, ...nodes.map((node) => node.x)) + NODE.width,
    height: Math.max(0, ...nodes.map((node) => node.y)) + NODE.height,
  };
}

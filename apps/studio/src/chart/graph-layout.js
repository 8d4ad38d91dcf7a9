export const NODE = { width: 158, height: 44, gapX: 62, gapY: 16 };
const SWEEPS = 4;
/**
 * Places a graph from left (what it was made from) to right (what it went into), in columns: a node stands one
 * column right of its furthest source; an edge over several columns gets a place in each, so that it passes between boxes;
 * places are ordered by the mean of their neighbours, forth and back (Sugiyama et al. 1981).
 */
export function placeNodes(graph) {
  const columnOf = columnsOf(graph);
  const columns = [];
  const neighbours = new Map();
  const add = (place, column) => {
    if (neighbours.has(place)) return;
    neighbours.set(place, { before: [], after: [] });
    columns[column] = [...(columns[column] ?? []), place];
  };
  for (const { ref } of graph.nodes) add(ref, columnOf.get(ref) ?? 0);
  const chains = graph.edges.map((edge) => {
    const [first = 0, last = 0] = [columnOf.get(edge.from), columnOf.get(edge.to)];
    const passes = Array.from({ length: Math.max(0, last - first - 1) }, (_, k) => {
      const pass = `${edge.from}\n${edge.to}\n${k}`;
      add(pass, first + 1 + k);
      return pass;
    });
    const chain = [edge.from, ...passes, edge.to];
    for (const [k, place] of chain.slice(1).entries()) {
      const source = chain[k] ?? '';
      neighbours.get(source)?.after.push(place);
      neighbours.get(place)?.before.push(source);
    }
    return { edge, passes };
  });
  const rowOf = order(columns, neighbours);
  const most = Math.max(...columns.map((column) => column.length), 1);
  // Shorter columns stand in the middle.
  const y = (place, column) =>
    ((rowOf.get(place) ?? 0) + (most - (columns[column]?.length ?? 1)) / 2) * (NODE.height + NODE.gapY);
  const x = (column) => column * (NODE.width + NODE.gapX);
  const at = new Map(
    graph.nodes.map(({ ref }) => [ref, { x: x(columnOf.get(ref) ?? 0), y: y(ref, columnOf.get(ref) ?? 0) }]),
  );
  const middle = NODE.height / 2;
  return {
    nodes: graph.nodes.map(({ ref, kind }) => ({ ref, kind, ...(at.get(ref) ?? { x: 0, y: 0 }) })),
    edges: chains.flatMap(({ edge, passes }) => {
      const [from, target] = [at.get(edge.from), at.get(edge.to)];
      if (!from || !target) return [];
      const first = columnOf.get(edge.from) ?? 0;
      const through = passes.flatMap((pass, k) => {
        const height = y(pass, first + 1 + k) + middle;
        return [
          [x(first + 1 + k), height],
          [x(first + 1 + k) + NODE.width, height],
        ];
      });
      return [
        {
          ...edge,
          points: [[from.x + NODE.width, from.y + middle], ...through, [target.x, target.y + middle]],
        },
      ];
    }),
    width: Math.max(0, columns.length - 1) * (NODE.width + NODE.gapX) + NODE.width,
    height: most * (NODE.height + NODE.gapY) - NODE.gapY,
  };
}
function columnsOf(graph) {
  const sources = new Map();
  for (const edge of graph.edges) sources.set(edge.to, [...(sources.get(edge.to) ?? []), edge.from]);
  const columnOf = new Map();
  const column = (ref, seen) => {
    const known = columnOf.get(ref);
    if (known !== undefined) return known;
    // A circle cannot be; if the server sent one, it is cut rather than followed for ever.
    const before = (sources.get(ref) ?? []).filter((source) => !seen.has(source));
    const place = Math.max(-1, ...before.map((source) => column(source, new Set([...seen, ref])))) + 1;
    columnOf.set(ref, place);
    return place;
  };
  for (const { ref } of graph.nodes) column(ref, new Set());
  return columnOf;
}
function order(columns, neighbours) {
  const rowOf = new Map();
  const number = (column) => {
    for (const [row, place] of column.entries()) rowOf.set(place, row);
  };
  for (const column of columns) number(column ?? []);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const side = sweep % 2 === 0 ? 'before' : 'after';
    const indexes = [...columns.keys()];
    for (const index of side === 'before' ? indexes : indexes.toReversed()) {
      const mean = (place) => {
        const rows = (neighbours.get(place)?.[side] ?? []).map((other) => rowOf.get(other) ?? 0);
        return rows.length === 0
          ? (rowOf.get(place) ?? 0)
          : rows.reduce((total, row) => total + row, 0) / rows.length;
      };
      const sorted = (columns[index] ?? []).toSorted((a, b) => mean(a) - mean(b));
      columns[index] = sorted;
      number(sorted);
    }
  }
  return rowOf;
}

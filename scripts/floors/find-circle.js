/**
 * The first circle in a directed graph, as the nodes on it, the first one again at the end; undefined when there is none.
 *
 * @param {ReadonlyMap<string, readonly string[]>} edges
 * @returns {readonly string[] | undefined}
 */
export function findCircle(edges) {
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[]} */
  const path = [];

  /** @param {string} node @returns {readonly string[] | undefined} */
  const visit = (node) => {
    const at = path.indexOf(node);
    if (at >= 0) return [...path.slice(at), node];
    if (done.has(node)) return undefined;
    path.push(node);
    for (const next of edges.get(node) ?? []) {
      const circle = visit(next);
      if (circle) return circle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };

  for (const node of edges.keys()) {
    const circle = visit(node);
    if (circle) return circle;
  }
  return undefined;
}

import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Trace } from '../answers.ts';
import { pageOf } from '../route.ts';
import { NODE, type PlacedEdge, placeNodes } from './lineage-layout.ts';

/** The lineage of one thing as a graph; each box is a link to its page, and each edge says what was done. */
export function LineageGraph({ trace }: { trace: Trace }) {
  const { nodes, edges, width, height } = placeNodes(trace);
  const box = useRef<HTMLElement>(null);
  const here = nodes.find((node) => node.ref === trace.ref);
  useLayoutEffect(() => {
    // What was asked for is seen first, also where the graph is wider than the page.
    if (box.current && here) box.current.scrollLeft = here.x + NODE.width / 2 - box.current.clientWidth / 2;
  }, [trace.ref]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
    <section class="scroll" aria-label={`Lineage of ${trace.ref}`} tabIndex={0} ref={box}>
      <svg class="graph" width={width + 8} height={height + 8} viewBox={`-4 -4 ${width + 8} ${height + 8}`}>
        <title>{`${nodes.length} things and ${edges.length} steps; the table below lists them`}</title>
        {edges.map((edge) => (
          <path key={`${edge.from} ${edge.to} ${edge.kind}`} class="edge" d={pathOf(edge)}>
            <title>{`${edge.from} – ${edge.kind} → ${edge.to}`}</title>
          </path>
        ))}
        {edges.map((edge) => {
          const [[x, y] = [0, 0]] = edge.points.slice(-1);
          const [[, before] = [0, 0]] = edge.points.slice(-2);
          return (
            <text
              key={`${edge.from} ${edge.to} ${edge.kind}`}
              class="quiet step"
              x={x - NODE.gapX / 2}
              y={(before + y) / 2 - 5}
              text-anchor="middle"
            >
              {edge.kind.length > 11 ? `${edge.kind.slice(0, 10)}…` : edge.kind}
            </text>
          );
        })}
        {nodes.map((node) => (
          <a key={node.ref} href={pageOf(node.ref)} aria-label={node.ref}>
            <title>{node.ref}</title>
            <rect
              class={`node ${node.ref === trace.ref ? 'here' : ''}`}
              x={node.x}
              y={node.y}
              width={NODE.width}
              height={NODE.height}
              rx={8}
            />
            <text class="quiet" x={node.x + 12} y={node.y + 17}>
              {node.kind}
            </text>
            <text x={node.x + 12} y={node.y + 34}>
              {shortened(node.ref)}
            </text>
          </a>
        ))}
      </svg>
    </section>
  );
}

/** Curves in the gaps between columns, straight lines past the boxes of a column. */
const pathOf = ({ points }: PlacedEdge): string =>
  points
    .map(([x, y], k) => {
      const before = points[k - 1];
      if (before === undefined) return `M${x} ${y}`;
      if (k % 2 === 0) return `L${x} ${y}`;
      const middle = (before[0] + x) / 2;
      return `C${middle} ${before[1]} ${middle} ${y} ${x} ${y}`;
    })
    .join(' ');

function shortened(ref: string): string {
  const name = ref.slice(ref.indexOf(':') + 1);
  return name.length > 19 ? `${name.slice(0, 17)}…` : name;
}

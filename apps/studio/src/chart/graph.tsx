import { useLayoutEffect, useRef } from 'preact/hooks';
import { type Edge, NODE, type Node, type PlacedEdge, placeNodes } from './graph-layout.ts';

interface GraphOf {
  /** What it is a picture of. */
  readonly about: string;
  /** What is in it, and where to read that. */
  readonly says: string;
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
  /** The node that it is about. */
  readonly here?: string;
  hrefOf(ref: string): string;
  /** The colour of a box; its words must say the same. */
  toneOf?(ref: string): string;
}

/** A graph without circles; each box is a link to its page, and each edge says what was done. */
export function Graph({ about, says, here: hereRef, hrefOf, toneOf, ...graph }: GraphOf) {
  const { nodes, edges, width, height } = placeNodes(graph);
  const box = useRef<HTMLElement>(null);
  const here = nodes.find((node) => node.ref === hereRef);
  useLayoutEffect(() => {
    // What was asked for is seen first, also where the graph is wider than the page.
    if (box.current && here) box.current.scrollLeft = here.x + NODE.width / 2 - box.current.clientWidth / 2;
  }, [hereRef]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
    <section class="scroll" aria-label={about} tabIndex={0} ref={box}>
      <svg class="graph" width={width + 8} height={height + 8} viewBox={`-4 -4 ${width + 8} ${height + 8}`}>
        <title>{says}</title>
        {edges.map((edge) => (
          <path key={`${edge.from} ${edge.to} ${edge.kind}`} class="edge" d={pathOf(edge)}>
            <title>{`${edge.from} –${edge.kind === '' ? '' : ` ${edge.kind} `}→ ${edge.to}`}</title>
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
          <a key={node.ref} href={hrefOf(node.ref)}>
            <rect
              class={`node ${toneOf?.(node.ref) ?? ''} ${node.ref === hereRef ? 'here' : ''}`}
              x={node.x}
              y={node.y}
              width={NODE.width}
              height={NODE.height}
              rx={8}
            >
              <title>{node.ref}</title>
            </rect>
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

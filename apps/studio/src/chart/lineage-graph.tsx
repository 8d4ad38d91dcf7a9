import type { Trace } from '../answers.ts';
import { pageOf } from '../route.ts';
import { NODE, placeNodes } from './lineage-layout.ts';

/** The lineage of one thing as a graph; each box is a link to its page. */
export function LineageGraph({ trace }: { trace: Trace }) {
  const { nodes, width, height } = placeNodes(trace);
  const places = new Map(nodes.map((node) => [node.ref, node]));
  return (
    <section class="scroll" aria-label={`Lineage of ${trace.ref}`}>
      <svg class="graph" width={width + 8} height={height + 8} viewBox={`-4 -4 ${width + 8} ${height + 8}`}>
        <title>{`Lineage of ${trace.ref}`}</title>
        {trace.edges.map((edge) => {
          const [from, target] = [places.get(edge.from), places.get(edge.to)];
          if (!from || !target) return null;
          const [x1, y1] = [from.x + NODE.width, from.y + NODE.height / 2];
          const [x2, y2] = [target.x, target.y + NODE.height / 2];
          const bend = NODE.gapX / 2;
          return (
            <path
              key={`${edge.from} ${edge.to}`}
              class="edge"
              d={`M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`}
            >
              <title>{edge.kind}</title>
            </path>
          );
        })}
        {nodes.map((node) => (
          <a key={node.ref} href={pageOf(node.ref)} aria-label={node.ref}>
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

function shortened(ref: string): string {
  const name = ref.slice(ref.indexOf(':') + 1);
  return name.length > 20 ? `${name.slice(0, 18)}…` : name;
}

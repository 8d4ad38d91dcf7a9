import { useLayoutEffect, useRef } from 'preact/hooks';
import { jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { NODE, placeNodes } from './graph-layout.ts';
/** A graph without circles; each box is a link to its page, and each edge says what was done. */
export function Graph({ about, says, here: hereRef, hrefOf, toneOf, ...graph }) {
  const { nodes, edges, width, height } = placeNodes(graph);
  const box = useRef(null);
  const here = nodes.find((node) => node.ref === hereRef);
  useLayoutEffect(() => {
    // What was asked for is seen first, also where the graph is wider than the page.
    if (box.current && here) box.current.scrollLeft = here.x + NODE.width / 2 - box.current.clientWidth / 2;
  }, [hereRef]);
  return _jsx('section', {
    class: 'scroll',
    'aria-label': about,
    tabIndex: 0,
    ref: box,
    children: _jsxs('svg', {
      class: 'graph',
      width: width + 8,
      height: height + 8,
      viewBox: `-4 -4 ${width + 8} ${height + 8}`,
      children: [
        _jsx('title', { children: says }),
        edges.map((edge) =>
          _jsx(
            'path',
            {
              class: 'edge',
              d: pathOf(edge),
              children: _jsx('title', {
                children: `${edge.from} –${edge.kind === '' ? '' : ` ${edge.kind} `}→ ${edge.to}`,
              }),
            },
            `${edge.from} ${edge.to} ${edge.kind}`,
          ),
        ),
        edges.map((edge) => {
          const [[x, y] = [0, 0]] = edge.points.slice(-1);
          const [[, before] = [0, 0]] = edge.points.slice(-2);
          return _jsx(
            'text',
            {
              class: 'quiet step',
              x: x - NODE.gapX / 2,
              y: (before + y) / 2 - 5,
              'text-anchor': 'middle',
              children: edge.kind.length > 11 ? `${edge.kind.slice(0, 10)}…` : edge.kind,
            },
            `${edge.from} ${edge.to} ${edge.kind}`,
          );
        }),
        nodes.map((node) =>
          _jsxs(
            'a',
            {
              href: hrefOf(node.ref),
              children: [
                _jsx('rect', {
                  class: `node ${toneOf?.(node.ref) ?? ''} ${node.ref === hereRef ? 'here' : ''}`,
                  x: node.x,
                  y: node.y,
                  width: NODE.width,
                  height: NODE.height,
                  rx: 8,
                  children: _jsx('title', { children: node.ref }),
                }),
                _jsx('text', { class: 'quiet', x: node.x + 12, y: node.y + 17, children: node.kind }),
                _jsx('text', { x: node.x + 12, y: node.y + 34, children: shortened(node.ref) }),
              ],
            },
            node.ref,
          ),
        ),
      ],
    }),
  });
}
/** Curves in the gaps between columns, straight lines past the boxes of a column. */
const pathOf = ({ points }) =>
  points
    .map(([x, y], k) => {
      const before = points[k - 1];
      if (before === undefined) return `M${x} ${y}`;
      if (k % 2 === 0) return `L${x} ${y}`;
      const middle = (before[0] + x) / 2;
      return `C${middle} ${before[1]} ${middle} ${y} ${x} ${y}`;
    })
    .join(' ');
function shortened(ref) {
  const name = ref.slice(ref.indexOf(':') + 1);
  return name.length > 19 ? `${name.slice(0, 17)}…` : name;
}

import { jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { metric, number } from '../format.ts';

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT] = [720, 260, 64, 24, 40, 12];
const TICKS = 4;
/** Curves over their steps, with what the axes measure. */
export function Lines(props) {
  const { series } = props;
  const values = series.flatMap((each) => each.points).filter(Number.isFinite);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const longest = Math.max(...series.map((each) => each.points.length), 2);
  const x = (k) => LEFT + (k / (longest - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value) => TOP + (1 - (value - low) / (high - low || 1)) * (HEIGHT - TOP - BOTTOM);
  const ticks = Array.from({ length: TICKS + 1 }, (_, k) => low + (k / TICKS) * (high - low));
  return _jsxs('figure', {
    class: 'card',
    children: [
      _jsxs('svg', {
        class: 'chart tall',
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: 'img',
        'aria-label': props.about,
        children: [
          _jsx('text', { class: 'quiet', x: 4, y: 12, children: props.yLabel }),
          ticks.map((value) =>
            _jsxs(
              'g',
              {
                children: [
                  _jsx('line', { class: 'axis', x1: LEFT, y1: y(value), x2: WIDTH - RIGHT, y2: y(value) }),
                  _jsx('text', {
                    class: 'quiet',
                    x: LEFT - 8,
                    y: y(value) + 4,
                    'text-anchor': 'end',
                    children: metric(value),
                  }),
                ],
              },
              value,
            ),
          ),
          _jsx('text', { class: 'quiet', x: LEFT, y: HEIGHT - 22, 'text-anchor': 'middle', children: '1' }),
          _jsx('text', {
            class: 'quiet',
            x: WIDTH - RIGHT,
            y: HEIGHT - 22,
            'text-anchor': 'end',
            children: number(longest),
          }),
          _jsx('text', {
            class: 'quiet',
            x: (LEFT + WIDTH) / 2,
            y: HEIGHT - 6,
            'text-anchor': 'middle',
            children: props.xLabel,
          }),
          series.map((each, k) =>
            _jsx(
              'polyline',
              {
                class: `line line-${k % 6}`,
                points: each.points
                  .map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`)
                  .join(' '),
                children: _jsx('title', { children: each.name }),
              },
              each.name,
            ),
          ),
        ],
      }),
      _jsx('figcaption', {
        class: 'row',
        children: series.map((each, k) =>
          _jsx('span', { class: `legend line-${k % 6}`, children: each.name }, each.name),
        ),
      }),
    ],
  });
}

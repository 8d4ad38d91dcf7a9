import { jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { percent } from '../format.ts';

const [WIDTH, ROW, LABELS, SHARES] = [240, 18, 128, 44];
/** The most frequent values with their shares of all rows, longest first. */
export function RankedBars({ bars, total, about }) {
  const most = Math.max(...bars.map((bar) => bar.value), 1e-12);
  return _jsx('svg', {
    class: 'chart ranked',
    viewBox: `0 0 ${WIDTH} ${bars.length * ROW}`,
    role: 'img',
    'aria-label': about,
    children: bars.map((bar, k) =>
      _jsxs(
        'g',
        {
          transform: `translate(0 ${k * ROW})`,
          children: [
            _jsxs('text', {
              x: 0,
              y: 13,
              children: [
                bar.label.length > 17 ? `${bar.label.slice(0, 16)}…` : bar.label,
                _jsx('title', { children: bar.label }),
              ],
            }),
            _jsx('rect', {
              class: 'bar',
              x: LABELS,
              y: 4,
              width: Math.max(1, (bar.value / most) * (WIDTH - LABELS - SHARES)),
              height: 10,
            }),
            _jsx('text', {
              class: 'quiet',
              x: WIDTH,
              y: 13,
              'text-anchor': 'end',
              children: percent(bar.value / Math.max(total, 1)),
            }),
          ],
        },
        k,
      ),
    ),
  });
}

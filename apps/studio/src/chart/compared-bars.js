import { jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { percent } from '../format.ts';

const WIDTH = 420;
const ROW = 26;
const LABELS = 150;
/** Shares per bin: what was before (the training data) above, what is now (the live window) below. */
export function ComparedBars({ bins, about }) {
  const most = Math.max(...bins.flatMap((bin) => [bin.reference, bin.current]), 1e-9);
  const length = (share) => (share / most) * (WIDTH - LABELS - 100);
  return _jsx('svg', {
    class: 'chart tall',
    viewBox: `0 0 ${WIDTH} ${bins.length * ROW}`,
    role: 'img',
    'aria-label': about,
    children: bins.map((bin, k) =>
      _jsxs(
        'g',
        {
          transform: `translate(0 ${k * ROW})`,
          children: [
            _jsxs('text', {
              x: LABELS - 8,
              y: 16,
              'text-anchor': 'end',
              children: [
                bin.label.length > 18 ? `${bin.label.slice(0, 17)}…` : bin.label,
                _jsx('title', { children: bin.label }),
              ],
            }),
            _jsx('rect', { class: 'before', x: LABELS, y: 3, width: length(bin.reference), height: 9 }),
            _jsx('rect', { class: 'now', x: LABELS, y: 13, width: length(bin.current), height: 9 }),
            _jsx('text', {
              class: 'quiet',
              x: LABELS + length(Math.max(bin.reference, bin.current)) + 6,
              y: 16,
              children: `${percent(bin.reference)} → ${percent(bin.current)}`,
            }),
          ],
        },
        bin.label,
      ),
    ),
  });
}

import { jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';

const WIDTH = 240;
const HEIGHT = 48;
/** A small histogram: one column per bar, what stands at its two ends below, the rest in tooltips and one sentence. */
export function Bars(props) {
  const { bars } = props;
  const most = Math.max(...bars.map((bar) => bar.value), 1e-12);
  const step = WIDTH / Math.max(bars.length, 1);
  return _jsxs('figure', {
    children: [
      _jsx('svg', {
        class: 'chart',
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: 'img',
        'aria-label': props.about,
        preserveAspectRatio: 'none',
        children: bars.map((bar, k) => {
          const height = bar.value === 0 ? 0 : Math.max(1, (bar.value / most) * HEIGHT);
          return _jsx(
            'rect',
            {
              class: 'bar',
              x: k * step + 0.5,
              y: HEIGHT - height,
              width: Math.max(1, step - 1),
              height: height,
              children: _jsx('title', { children: `${bar.label}: ${bar.value}` }),
            },
            k,
          );
        }),
      }),
      _jsxs('figcaption', {
        class: 'ends',
        'aria-hidden': 'true',
        children: [_jsx('span', { children: props.ends[0] }), _jsx('span', { children: props.ends[1] })],
      }),
    ],
  });
}

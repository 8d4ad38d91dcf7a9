// biome-ignore-all lint/a11y/useSemanticElements: a picture whose points are links is a group of them.
import { number } from '../../format.ts';
import { to } from '../../frame/route.ts';
import type { Dimension } from './parallel.tsx';

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT] = [560, 300, 78, 14, 42, 16];

/** Each run as a point; it leads to the run. Words stand side by side. */
export function Scatter({ runs, across, up }: { runs: readonly string[]; across: Dimension; up: Dimension }) {
  const [horizontal, vertical] = [scaleOf(across.values), scaleOf(up.values)];
  const points = runs.flatMap((run, at) => {
    const [x, y] = [horizontal.placeOf(across.values[at]), vertical.placeOf(up.values[at])];
    return x === undefined || y === undefined ? [] : [{ run, x, y, at }];
  });
  const missing = runs.length - points.length;
  return (
    <figure class="card">
      <svg
        class="chart tall"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="group"
        aria-label={`${up.label} by ${across.label}, ${points.length} runs`}
      >
        <line class="axis" x1={LEFT} y1={HEIGHT - BOTTOM} x2={WIDTH - RIGHT} y2={HEIGHT - BOTTOM} />
        <line class="axis" x1={LEFT} y1={TOP} x2={LEFT} y2={HEIGHT - BOTTOM} />
        <text class="quiet" x={LEFT} y={HEIGHT - BOTTOM + 16}>
          {horizontal.least}
        </text>
        <text class="quiet" x={WIDTH - RIGHT} y={HEIGHT - BOTTOM + 16} text-anchor="end">
          {horizontal.most}
        </text>
        <text x={(LEFT + WIDTH) / 2} y={HEIGHT - 6} text-anchor="middle">
          {across.label}
        </text>
        <text class="quiet" x={LEFT - 6} y={HEIGHT - BOTTOM} text-anchor="end">
          {vertical.least}
        </text>
        <text class="quiet" x={LEFT - 6} y={TOP + 8} text-anchor="end">
          {vertical.most}
        </text>
        {points.map(({ run, x, y, at }) => (
          <a key={run} href={to('runs', run)} aria-label={run}>
            <circle
              class="dot"
              cx={LEFT + 8 + x * (WIDTH - LEFT - RIGHT - 16)}
              cy={TOP + (1 - y) * (HEIGHT - TOP - BOTTOM - 8)}
              r={4}
            >
              <title>{`${run}: ${across.label} ${String(across.values[at])}, ${up.label} ${String(up.values[at])}`}</title>
            </circle>
          </a>
        ))}
      </svg>
      <figcaption>
        {up.label} by {across.label}
        {missing === 0 ? '' : `; ${missing} runs have not both`}
      </figcaption>
    </figure>
  );
}

function scaleOf(values: readonly unknown[]) {
  const known = values.filter((value) => value !== undefined && value !== null);
  const numbers = known.flatMap((value) => (typeof value === 'number' ? [value] : []));
  if (numbers.length === known.length && known.length > 0) {
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    return {
      ...{ least: number(low), most: number(high) },
      placeOf: (value: unknown) =>
        typeof value !== 'number' ? undefined : high === low ? 0.5 : (value - low) / (high - low),
    };
  }
  const words = [...new Set(known.map(String))].sort();
  return {
    ...{ least: words[0] ?? '', most: words.at(-1) ?? '' },
    placeOf: (value: unknown) =>
      value === undefined || value === null
        ? undefined
        : words.length < 2
          ? 0.5
          : words.indexOf(String(value)) / (words.length - 1),
  };
}

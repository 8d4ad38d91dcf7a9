import { number } from '../format.ts';

export interface Series {
  readonly name: string;
  readonly points: readonly number[];
}

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [560, 200, 48, 22];

/** Curves over their steps, with the lowest and highest value at the axis. */
export function Lines({ series, about }: { series: readonly Series[]; about: string }) {
  const values = series.flatMap((each) => each.points).filter(Number.isFinite);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const longest = Math.max(...series.map((each) => each.points.length), 2);
  const x = (k: number): number => LEFT + (k / (longest - 1)) * (WIDTH - LEFT - 8);
  const y = (value: number): number => 8 + (1 - (value - low) / (high - low || 1)) * (HEIGHT - BOTTOM - 16);
  return (
    <figure>
      <svg class="chart tall" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={about}>
        <line class="axis" x1={LEFT} y1={8} x2={LEFT} y2={HEIGHT - BOTTOM} />
        <line class="axis" x1={LEFT} y1={HEIGHT - BOTTOM} x2={WIDTH - 8} y2={HEIGHT - BOTTOM} />
        <text x={LEFT - 6} y={14} text-anchor="end">
          {number(high)}
        </text>
        <text x={LEFT - 6} y={HEIGHT - BOTTOM} text-anchor="end">
          {number(low)}
        </text>
        <text x={WIDTH - 8} y={HEIGHT - 6} text-anchor="end">{`step ${longest}`}</text>
        {series.map((each, k) => (
          <polyline
            key={each.name}
            class={`line line-${k % 4}`}
            points={each.points.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}
          />
        ))}
      </svg>
      <figcaption class="row">
        {series.map((each, k) => (
          <span class={`legend line-${k % 4}`} key={each.name}>
            {each.name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

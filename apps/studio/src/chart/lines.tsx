import { metric, number } from '../format.ts';

export interface Series {
  readonly name: string;
  readonly points: readonly number[];
}

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT] = [720, 260, 64, 24, 40, 12];
const TICKS = 4;

/** Curves over their steps, with what the axes measure. */
export function Lines(props: { series: readonly Series[]; xLabel: string; yLabel: string; about: string }) {
  const { series } = props;
  const values = series.flatMap((each) => each.points).filter(Number.isFinite);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const longest = Math.max(...series.map((each) => each.points.length), 2);
  const x = (k: number): number => LEFT + (k / (longest - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number =>
    TOP + (1 - (value - low) / (high - low || 1)) * (HEIGHT - TOP - BOTTOM);
  const ticks = Array.from({ length: TICKS + 1 }, (_, k) => low + (k / TICKS) * (high - low));
  return (
    <figure class="card">
      <svg class="chart tall" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={props.about}>
        <text class="quiet" x={4} y={12}>
          {props.yLabel}
        </text>
        {ticks.map((value) => (
          <g key={value}>
            <line class="axis" x1={LEFT} y1={y(value)} x2={WIDTH - RIGHT} y2={y(value)} />
            <text class="quiet" x={LEFT - 8} y={y(value) + 4} text-anchor="end">
              {metric(value)}
            </text>
          </g>
        ))}
        <text class="quiet" x={LEFT} y={HEIGHT - 22} text-anchor="middle">
          1
        </text>
        <text class="quiet" x={WIDTH - RIGHT} y={HEIGHT - 22} text-anchor="end">
          {number(longest)}
        </text>
        <text class="quiet" x={(LEFT + WIDTH) / 2} y={HEIGHT - 6} text-anchor="middle">
          {props.xLabel}
        </text>
        {series.map((each, k) => (
          <polyline
            key={each.name}
            class={`line line-${k % 6}`}
            points={each.points.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}
          >
            <title>{each.name}</title>
          </polyline>
        ))}
      </svg>
      <figcaption class="row">
        {series.map((each, k) => (
          <span class={`legend line-${k % 6}`} key={each.name}>
            {each.name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

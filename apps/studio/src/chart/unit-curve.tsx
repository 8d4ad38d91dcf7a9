interface Point {
  readonly x: number;
  readonly y: number;
}

const [SIDE, LEFT, TOP, BOTTOM, RIGHT] = [280, 44, 12, 40, 10];

/** A curve in the square from 0 to 1, with what guessing would give, and the point that is looked at. */
export function UnitCurve(props: {
  points: readonly Point[];
  xLabel: string;
  yLabel: string;
  about: string;
  /** A line of reference between two points. */
  reference?: readonly [Point, Point];
  marked?: Point | undefined;
  hasDots?: boolean;
}) {
  const { points, xLabel, yLabel, about, reference, marked, hasDots } = props;
  const x = (value: number): number => LEFT + value * (SIDE - LEFT - RIGHT);
  const y = (value: number): number => TOP + (1 - value) * (SIDE - TOP - BOTTOM);
  return (
    <svg class="chart tall unit" viewBox={`0 0 ${SIDE} ${SIDE}`} role="img" aria-label={about}>
      {[0, 0.5, 1].map((tick) => (
        <g key={tick}>
          <line class="axis" x1={x(0)} y1={y(tick)} x2={x(1)} y2={y(tick)} />
          <line class="axis" x1={x(tick)} y1={y(0)} x2={x(tick)} y2={y(1)} />
          <text class="quiet" x={LEFT - 6} y={y(tick) + 4} text-anchor="end">
            {tick}
          </text>
          <text class="quiet" x={x(tick)} y={SIDE - BOTTOM + 16} text-anchor="middle">
            {tick}
          </text>
        </g>
      ))}
      <text class="quiet" x={x(0.5)} y={SIDE - 6} text-anchor="middle">
        {xLabel}
      </text>
      <text class="quiet" x={12} y={y(0.5)} text-anchor="middle" transform={`rotate(-90 12 ${y(0.5)})`}>
        {yLabel}
      </text>
      {reference ? (
        <line
          class="limit"
          x1={x(reference[0].x)}
          y1={y(reference[0].y)}
          x2={x(reference[1].x)}
          y2={y(reference[1].y)}
        />
      ) : null}
      <polyline
        class="line line-0"
        points={points.map((point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`).join(' ')}
      />
      {hasDots
        ? points.map((point, k) => <circle key={k} class="dot" cx={x(point.x)} cy={y(point.y)} r={3} />)
        : null}
      {marked ? <circle class="here-dot" cx={x(marked.x)} cy={y(marked.y)} r={6} /> : null}
    </svg>
  );
}

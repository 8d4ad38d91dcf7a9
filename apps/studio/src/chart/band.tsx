export interface BandPoint {
  readonly step: number;
  readonly requests: number;
  readonly low: number;
  readonly middle: number | null;
  readonly high: number;
}

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT] = [240, 130, 40, 8, 26, 4];
/** The widest bounds of the beginning would leave the rest a line: beyond this many of the last ones they are cut. */
const SPAN = 6;

/** Bounds that close in on a value over time, with nothing, what is allowed, and the steps. */
export function Band({
  points,
  limit,
  about,
  show,
}: {
  points: readonly BandPoint[];
  limit: number;
  about: string;
  show: (value: number) => string;
}) {
  const last = points.at(-1);
  if (!last) return null;
  const reach = Math.max(SPAN * Math.max(last.high - last.low, 1e-6), 2 * limit);
  const [least, most] = [
    Math.max(Math.min(...points.map(({ low }) => low)), Math.min(0, last.low) - reach / 2),
    Math.min(
      Math.max(limit * 1.2, ...points.map(({ high }) => high)),
      Math.max(limit, last.high) + reach / 2,
    ),
  ];
  const x = (at: number): number => LEFT + (at / Math.max(1, points.length - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => {
    const inside = Math.min(most, Math.max(least, value));
    return TOP + (1 - (inside - least) / (most - least || 1)) * (HEIGHT - TOP - BOTTOM);
  };
  const line = (of: (point: BandPoint) => number): readonly string[] =>
    points.map((point, at) => `${x(at).toFixed(1)},${y(of(point)).toFixed(1)}`);
  const steps = points.flatMap(({ step }, at) =>
    at > 0 && step !== points[at - 1]?.step ? [{ step, at }] : [],
  );
  return (
    <svg class="chart tall" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={about}>
      <polygon
        class="band"
        points={[...line(({ high }) => high), ...line(({ low }) => low).toReversed()].join(' ')}
      />
      {steps.map(({ step, at }) => (
        <line class="axis" key={step} x1={x(at)} y1={TOP} x2={x(at)} y2={HEIGHT - BOTTOM}>
          <title>{`Step ${step + 1}`}</title>
        </line>
      ))}
      <line class="axis" x1={LEFT} y1={y(0)} x2={WIDTH - RIGHT} y2={y(0)} />
      <text class="quiet" x={LEFT - 6} y={y(0) + 4} text-anchor="end">
        0
      </text>
      <line class="limit" x1={LEFT} y1={y(limit)} x2={WIDTH - RIGHT} y2={y(limit)}>
        <title>{`${show(limit)} are allowed`}</title>
      </line>
      {Math.abs(y(limit) - y(0)) > 14 ? (
        <text class="quiet" x={LEFT - 6} y={y(limit) + 4} text-anchor="end">
          {show(limit)}
        </text>
      ) : null}
      <polyline
        class="line line-0"
        points={line(({ low, middle, high }) => middle ?? (low + high) / 2).join(' ')}
      />
      <text class="quiet" x={WIDTH - RIGHT} y={HEIGHT - 8} text-anchor="end">
        {`${last.requests.toLocaleString('en')} requests of the challenger`}
      </text>
    </svg>
  );
}

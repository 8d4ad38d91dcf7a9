import { number } from '../../format.ts';

export interface Dimension {
  readonly label: string;
  readonly values: readonly unknown[];
}

const [HEIGHT, TOP, BOTTOM, SIDE, APART] = [300, 34, 24, 60, 130];

/** Runs as lines through what they are: each dimension an axis, words in their order, the best measured marked. */
export function Parallel(props: {
  runs: readonly string[];
  dimensions: readonly Dimension[];
  /** From 0 (least) to 1: how much was measured, which colours the line. */
  shareOf: (run: number) => number | undefined;
  measured: string;
}) {
  const { runs, dimensions, shareOf, measured } = props;
  const width = 2 * SIDE + Math.max(1, dimensions.length - 1) * APART;
  const x = (at: number): number => SIDE + at * APART;
  const axes = dimensions.map(axisOf);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
    <section class="card scroll" aria-label="Parallel coordinates" tabIndex={0}>
      <svg
        class="parallel"
        width={width}
        height={HEIGHT}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        role="img"
        aria-label={`${runs.length} runs as lines through ${dimensions.map(({ label }) => label).join(', ')}; darker: more ${measured}`}
      >
        {runs.map((run, at) => {
          const points = axes.flatMap((axis, k) => {
            const y = axis.placeOf(at);
            return y === undefined ? [] : [`${x(k)},${(TOP + (1 - y) * (HEIGHT - TOP - BOTTOM)).toFixed(1)}`];
          });
          const share = shareOf(at);
          return points.length < 2 ? null : (
            <polyline
              key={run}
              class={`run-line ${share === undefined ? 'unmeasured' : `heat-${Math.round(share * 4)}`}`}
              points={points.join(' ')}
            >
              <title>{run}</title>
            </polyline>
          );
        })}
        {axes.map((axis, k) => (
          <g key={k}>
            <line class="axis" x1={x(k)} y1={TOP} x2={x(k)} y2={HEIGHT - BOTTOM} />
            <text x={x(k)} y={12} text-anchor="middle">
              {cut(dimensions[k]?.label ?? '')}
              <title>{dimensions[k]?.label}</title>
            </text>
            <text class="quiet" x={x(k)} y={TOP - 6} text-anchor="middle">
              {cut(axis.most)}
            </text>
            <text class="quiet" x={x(k)} y={HEIGHT - BOTTOM + 14} text-anchor="middle">
              {cut(axis.least)}
            </text>
          </g>
        ))}
      </svg>
    </section>
  );
}

const cut = (text: string): string => (text.length > 17 ? `${text.slice(0, 16)}…` : text);

function axisOf({ values }: Dimension) {
  const numbers = values.flatMap((value) => (typeof value === 'number' ? [value] : []));
  const others = values.filter((value) => value !== undefined && value !== null && typeof value !== 'number');
  if (others.length === 0) {
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    return {
      least: number(low),
      most: number(high),
      placeOf: (at: number): number | undefined => {
        const value = values[at];
        if (typeof value !== 'number') return undefined;
        return high === low ? 0.5 : (value - low) / (high - low);
      },
    };
  }
  const words = [
    ...new Set(values.filter((value) => value !== undefined && value !== null).map(textOf)),
  ].sort();
  return {
    least: words[0] ?? '',
    most: words.at(-1) ?? '',
    placeOf: (at: number): number | undefined => {
      const value = values[at];
      if (value === undefined || value === null) return undefined;
      return words.length < 2 ? 0.5 : words.indexOf(textOf(value)) / (words.length - 1);
    },
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

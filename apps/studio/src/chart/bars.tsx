export interface Bar {
  readonly label: string;
  readonly value: number;
}

const WIDTH = 240;
const HEIGHT = 48;

/** A small histogram: one column per bar, what stands at its two ends below, the rest in tooltips and one sentence. */
export function Bars(props: { bars: readonly Bar[]; about: string; ends: readonly [string, string] }) {
  const { bars } = props;
  const most = Math.max(...bars.map((bar) => bar.value), 1e-12);
  const step = WIDTH / Math.max(bars.length, 1);
  return (
    <figure>
      <svg
        class="chart"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={props.about}
        preserveAspectRatio="none"
      >
        {bars.map((bar, k) => {
          const height = bar.value === 0 ? 0 : Math.max(1, (bar.value / most) * HEIGHT);
          return (
            <rect
              key={k}
              class="bar"
              x={k * step + 0.5}
              y={HEIGHT - height}
              width={Math.max(1, step - 1)}
              height={height}
            >
              <title>{`${bar.label}: ${bar.value}`}</title>
            </rect>
          );
        })}
      </svg>
      <figcaption class="ends" aria-hidden="true">
        <span>{props.ends[0]}</span>
        <span>{props.ends[1]}</span>
      </figcaption>
    </figure>
  );
}

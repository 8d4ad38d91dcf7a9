import type { Series } from './lines.tsx';
import { MARKS, PlotBox } from './plot-box.tsx';

/** Series of any length, on a canvas: a part that is drawn over with the pointer is shown larger, a double click shows all. */
export function LongLines({ series, about }: { series: readonly Series[]; about: string }) {
  const lines = series.map(({ name, points }) => ({ name, x: points.map((_, k) => k + 1), y: points }));
  return (
    <figure class="card wide-figure">
      <PlotBox lines={lines} of={series} about={about} />
      <figcaption class="row">
        {series.map((each, k) => (
          <span class={`legend line-${k % MARKS.length}`} key={each.name}>
            {each.name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

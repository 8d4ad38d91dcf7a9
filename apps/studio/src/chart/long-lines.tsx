import { useEffect, useRef } from 'preact/hooks';
import type { Series } from './lines.tsx';

const [HEIGHT, LEAST_WIDTH] = [280, 280];
const MARKS = ['--now', '--line-1', '--line-2', '--line-3', '--line-4', '--line-5'];

/** Series of any length, on a canvas: a part that is drawn over with the pointer is shown larger, a double click shows all. */
export function LongLines({ series, about }: { series: readonly Series[]; about: string }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = box;
    if (!current) return undefined;
    let isGone = false;
    let leave = (): void => {};
    // Loaded where there is such a series: most pages have none.
    void import('./draw-long-lines.ts').then(({ drawLongLines }) => {
      if (isGone) return;
      const style = getComputedStyle(current);
      leave = drawLongLines(current, series, {
        height: HEIGHT,
        leastWidth: LEAST_WIDTH,
        marks: MARKS.map((mark) => style.getPropertyValue(mark)),
        ink: style.getPropertyValue('--quiet'),
        line: style.getPropertyValue('--line'),
      });
    });
    return () => {
      isGone = true;
      leave();
    };
  }, [series]);
  return (
    <figure class="card wide-figure">
      <div class="long-lines" role="img" aria-label={about} ref={box} />
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
